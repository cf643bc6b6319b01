"""The first steps of a new store, for the first page."""

from typing import Any

from django import template

from backoffice.checklist import checklist

register = template.Library()


@register.inclusion_tag("backoffice/_checklist.html", takes_context=True)
def first_steps(context: dict[str, Any]) -> dict[str, Any]:
    """Show the steps; nothing once they are done or put away. Needs: request, is_empty."""
    steps = checklist(context["request"], is_empty=context["is_empty"])
    done = sum(step.is_done for step in steps)
    return {
        "steps": steps,
        "done": done,
        "all": len(steps),
        "csrf_token": context.get("csrf_token"),
    }
