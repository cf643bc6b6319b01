"""What the shop can be asked: one module for each report."""

from backoffice.reports import backorders, fill, held, log
from backoffice.reports.base import Report

REPORTS: dict[str, Report] = {
    report.slug: report for report in (backorders.REPORT, held.REPORT, fill.REPORT, log.REPORT)
}

__all__ = ["REPORTS", "Report"]
