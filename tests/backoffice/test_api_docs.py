"""The OpenAPI document, the page, and what a fuzzer makes of both."""

import json
import re
import subprocess
import sys

import pytest
from django.core.management import call_command
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.validation import validate_schema
from jsonschema import Draft202012Validator

SIGNED = "/api/v1/channels/{slug}/webhooks/orders"
"""The one address that is open to whoever holds a channel's secret; it is recorded once anyway."""

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance,negative_data_rejection,ignored_auth"
)


@pytest.fixture
def document(desk):
    response = desk.get("/api/v1/openapi.json")
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/json")
    return response.json()


def test_the_document_is_valid_openapi_3_1(document):
    assert document["openapi"].startswith("3.1")
    validate_schema(document)


def bodies_of(document):
    """Yield each body of the document: where it is, and its media type as described."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            parts = {"request": operation.get("requestBody", {}), **operation["responses"]}
            for part, one in parts.items():
                for body in one.get("content", {}).values():
                    yield f"{method} {path} {part}", body


def schemas_in(part, where=()):
    """Yield each schema of a part of the document, and where it is; examples are none."""
    if isinstance(part, dict):
        if part.get("type") == "object" or "object" in (part.get("type") or ()):
            yield "/".join(map(str, where)), part
        for name, inner in part.items():
            if name not in {"example", "examples"}:
                yield from schemas_in(inner, (*where, name))
    elif isinstance(part, list):
        for number, inner in enumerate(part):
            yield from schemas_in(inner, (*where, number))


def test_every_body_has_a_schema_and_an_example_that_fits_it(document):
    wrong = []
    for where, body in bodies_of(document):
        schema = {**body["schema"], "components": document["components"]}
        kept = [one["value"] for one in body.get("examples", {}).values()]
        examples = [body["example"]] if "example" in body else kept
        if not body["schema"] or not examples:
            wrong.append(where)
        for example in examples:
            found = Draft202012Validator(schema).iter_errors(example)
            wrong += [f"{where}: {error.json_path}: {error.message}" for error in found]

    assert wrong == []


def test_no_object_is_bare(document):
    bare = [
        where
        for where, schema in schemas_in(document)
        if not schema.get("properties") and schema.get("additionalProperties") in (None, {}, True)
    ]

    assert bare == []


def test_every_reference_leads_somewhere_and_every_operation_has_a_name_of_its_own(document):
    text = json.dumps(document)
    references = set(re.findall(r'"#/components/schemas/([^"]+)"', text))
    operations = [one for paths in document["paths"].values() for one in paths.values()]
    names = [operation["operationId"] for operation in operations]

    assert references <= document["components"]["schemas"].keys()
    assert len(names) == len(set(names))
    for path, methods in document["paths"].items():
        for operation in methods.values():
            stated = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "path"}
            assert stated == set(re.findall(r"{(\w+)}", path)), path
    for name in re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', text):
        re.compile(json.loads(name))


def test_it_is_made_without_a_warning(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "api.yml"))


def test_it_names_every_address_of_the_api(document):
    def walk(patterns, prefix=""):
        for pattern in patterns:
            address = prefix + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, address)
            elif isinstance(pattern, URLPattern):
                yield "/" + address

    addresses = {address for address in walk(get_resolver().url_patterns) if "api/v1/" in address}
    described = {
        path.replace("{sku}", "<path:sku>")
        .replace("{warehouse}", "<slug:warehouse>")
        .replace("{code}", "<slug:code>")
        .replace("{delivery_id}", "<int:delivery_id>")
        .replace("{number}", "<str:number>")
        .replace("{hold_id}", "<int:hold_id>")
        .replace("{slug}", "<slug:slug>")
        .replace("{product_id}", "<int:product_id>")
        .replace("{seller}", "<slug:seller>")
        .replace("{job_id}", "<int:job_id>")
        .replace("{change_set_id}", "<int:change_set_id>")
        for path in document["paths"]
    }
    assert addresses - described == {"/api/v1/openapi.json", "/api/v1/docs", "/api/v1/"}


def test_every_operation_names_its_problems_its_summary_and_its_security(document):
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    paths = {path: one for path, one in document["paths"].items() if path != SIGNED}
    for path, operations in paths.items():
        for method, operation in operations.items():
            assert operation["summary"], path
            assert {"token": []} in operation["security"], path
            statuses = set(operation["responses"])
            assert {"400", "401", "403", "404", "405", "422", "429"} <= statuses, path
            if method in {"post", "patch"}:
                assert {"409", "413", "415"} <= statuses, path
            assert len(statuses & {"200", "201"}) == 1, path
            for status in statuses - {"200", "201"}:
                assert list(operation["responses"][status]["content"]) == [
                    "application/problem+json"
                ]
            names = [parameter["name"] for parameter in operation.get("parameters", ())]
            assert ("Idempotency-Key" in names) == (method == "post"), path


def test_what_shops_send_needs_their_signature_and_no_token(document):
    operation = document["paths"][SIGNED]["post"]

    assert (bool(operation["summary"]), operation["security"]) == (True, [])
    assert set(operation["responses"]) == {
        *("200", "400", "401", "404", "405", "413", "422", "429", "503"),
    }
    names = [parameter["name"] for parameter in operation["parameters"]]
    assert names == ["X-Backoffice-Delivery", "X-Backoffice-Signature", "slug"]
    for status in set(operation["responses"]) - {"200"}:
        assert list(operation["responses"][status]["content"]) == ["application/problem+json"]


def test_strangers_read_no_document(client, api, settings):
    document, page = "/api/v1/openapi.json", "/api/v1/docs"

    refused, sent_away = client.get(document), client.get(page)

    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert (sent_away.status_code, sent_away.url) == (302, f"/admin/login/?next={page}")
    assert client.get(document, headers=api.headers).json()["openapi"].startswith("3.1")
    settings.DEBUG = True
    assert [client.get(one).status_code for one in (document, page)] == [200, 200]


def test_the_page_has_no_inline_script_or_style_and_a_strict_policy(desk):
    response = desk.get("/api/v1/docs")

    page = response.content.decode()
    assert response.status_code == 200
    assert "<title>Backoffice API</title>" in page
    assert "<script>" not in page
    assert "<style" not in page
    assert "unsafe" not in response.headers["Content-Security-Policy"]


@pytest.mark.browser
def test_the_page_shows_the_api_in_a_browser(live_server, desk, page):
    session = {"name": "sessionid", "value": desk.cookies["sessionid"].value}
    page.context.add_cookies([{**session, "url": live_server.url}])
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else 0)

    page.goto(f"{live_server.url}/api/v1/docs")
    page.get_by_text("What may be sold", exact=True).first.click()

    assert page.get_by_role("heading", name="Backoffice API").count() == 1
    assert page.get_by_text("Once for each SKU.").is_visible()
    assert wrong == []


@pytest.mark.slow
def test_a_fuzzer_finds_no_error_and_nothing_undocumented(live_server, operator, api, tmp_path):
    for body in (
        {"sku": "mug", "product_title": "Mug"},
        {"sku": "cup", "product_title": "Cup", "backorders": "allow"},
    ):
        api.post("/variants", body)
    command = [
        *(
            sys.executable,
            "-m",
            "schemathesis.cli",
            "run",
            f"{live_server.url}/api/v1/openapi.json",
        ),
        *("--header", f"Authorization: {api.headers['authorization']}"),
        *("--checks", CHECKS),
        *("--phases", "examples,fuzzing", "--max-examples", "5", "--seed", "7"),
        *("--workers", "1", "--no-color", "--generation-deterministic"),
    ]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout[-8_000:] + done.stderr[-2_000:]
