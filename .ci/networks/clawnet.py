"""What is made up does not exist: in the round that asks of what is there, well-formed names and ids become those that do."""

import os

import schemathesis

from there import NUMBERS, THERE

NAME = THERE.get("name")
POST = THERE.get("post")


def known(path, field):
    if field in ("to", "from") or (field == "agent_id" and path in ("/block", "/unblock")):
        return NAME
    if field in ("parent_post_id", "quoted_post_id"):
        return POST
    if field == "agent_id" and path == "/register":
        return f"N{os.getpid()}_{next(NUMBERS)}"
    return None


@schemathesis.hook
def map_body(context, body):
    if NAME is None or not isinstance(body, dict):
        return body
    there = {field: known(context.operation.path, field) for field, value in body.items() if isinstance(value, str)}
    return {**body, **{field: value for field, value in there.items() if value}}
