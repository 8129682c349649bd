"""Every kind of handler and of return value that FastAPI knows, and requests that are not annotated."""

import json
import threading

import pytest
from support.customer_site import Site


def invoke(site: Site, text: str, body: bytes = b"{}", **headers: str):
    site.write(text)
    return site.boot().invoke(body, **headers)


def returning(expression: str):
    return f"@sagemaker.custom_invocation_handler\nasync def answer(request: Request):\n    return {expression}\n"


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("{'a': 1}", '{"a":1}'),
        ("[1, 2]", "[1,2]"),
        ("'hello'", '"hello"'),
        ("5", "5"),
        ("None", "null"),
        ("b'abc'", '"abc"'),
        ("({'a': 1}, 503)", '[{"a":1},503]'),
    ],
)
def test_values_are_answered_as_json(site: Site, expression: str, text: str):
    response = invoke(site, returning(expression))
    assert (response.status_code, response.text) == (200, text)
    assert response.headers["content-type"] == "application/json"


def test_a_model_is_answered_as_json(site: Site):
    text = "from pydantic import BaseModel\nclass M(BaseModel):\n    x: int = 1\n" + returning("M()")
    assert invoke(site, text).json() == {"x": 1}


def test_a_response_is_answered_as_it_is(site: Site):
    response = invoke(site, returning("Response(b'raw', status_code=201, headers={'X-Mine': '1'})"))
    assert (response.status_code, response.content, response.headers["x-mine"]) == (201, b"raw", "1")
    assert "content-type" not in response.headers


def test_an_http_exception_keeps_status_detail_and_headers(site: Site):
    text = "@sagemaker.custom_invocation_handler\nasync def f():\n"
    text += "    raise HTTPException(418, detail={'why': 'tea'}, headers={'X-Mine': '1'})\n"
    response = invoke(site, text)
    assert (response.status_code, response.json(), response.headers["x-mine"]) == (418, {"detail": {"why": "tea"}}, "1")


def test_any_other_exception_is_500_without_its_text_and_the_next_request_works(site: Site):
    site.write(
        """
        @sagemaker.custom_invocation_handler
        async def answer(request: Request):
            if await request.body() == b"raise":
                raise ValueError("secret")
            return 1
        """
    )
    client = site.boot()
    response = client.invoke(b"raise")
    assert (response.status_code, response.text) == (500, "Internal Server Error")
    assert client.invoke().status_code == 200


def test_bytes_reach_the_handler_unchanged(site: Site):
    body = bytes(range(256)) * 10_000
    response = invoke(site, returning("Response(await request.body())"), body, **{"Content-Type": "text/csv"})
    assert response.content == body


@pytest.mark.parametrize("name", ["request", "raw_request"])
@pytest.mark.parametrize("kind", ["async def", "def"])
def test_a_request_that_is_not_annotated_is_the_request(site: Site, name: str, kind: str):
    text = f"@sagemaker.custom_invocation_handler\n{kind} answer({name}):\n    return {name}.headers['x-mine']\n"
    assert invoke(site, text, **{"X-Mine": "seen"}).json() == "seen"


def test_a_request_that_is_not_annotated_may_stand_beside_a_typed_body(site: Site):
    text = """
    from pydantic import BaseModel
    class Body(BaseModel):
        x: int
    async def custom_sagemaker_invocation_handler(body: Body, request):
        return [body.x, request.method]
    """
    site.write(text)
    client = site.boot()
    stated = {"Content-Type": "application/json"}
    assert client.invoke(b'{"x": 3}', **stated).json() == [3, "POST"]
    assert client.invoke(b'{"x": "no"}', **stated).status_code == 422


def test_another_parameter_that_is_not_annotated_is_a_query_parameter(site: Site):
    site.write("async def custom_sagemaker_ping_handler(other): return other")
    client = site.boot()
    assert client.ping().status_code == 422
    assert client.request("GET", "/ping?other=1").json() == "1"


def test_no_parameter_is_needed(site: Site):
    assert invoke(site, "async def custom_sagemaker_invocation_handler(): return 1").json() == 1


def test_a_plain_function_runs_in_a_thread_of_its_own(site: Site):
    text = "import threading\ndef custom_sagemaker_invocation_handler(): return threading.get_ident()"
    assert invoke(site, text).json() != threading.get_ident()


def test_an_annotation_that_is_not_kept_is_500(site: Site):
    assert invoke(site, "async def custom_sagemaker_invocation_handler() -> int: return 'x'").status_code == 500


def test_json_that_a_handler_cannot_read_is_500(site: Site):
    text = "async def custom_sagemaker_invocation_handler(request: Request): return await request.json()"
    assert invoke(site, text, b"{bad").status_code == 500


def test_the_status_of_a_ping_is_kept(site: Site):
    site.write("async def custom_sagemaker_ping_handler(): return JSONResponse({'ok': False}, status_code=503)")
    response = site.boot().ping()
    assert (response.status_code, json.loads(response.content)) == (503, {"ok": False})
