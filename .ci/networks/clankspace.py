"""In the round that asks of what is there, names and posts become those that do; what a call uses up is made for that call."""

import os

import schemathesis

from clankspace_users import join, requested, ticket
from there import NUMBERS, THERE, call, post


def new_name():
    return f"new_{os.getpid()}_{next(NUMBERS)}"


def newcomer():
    name = new_name()
    join(name)
    return name


def said(token):
    return post(token, "/posts", {"content": f"Gone soon, like {next(NUMBERS)} before."})["post"]["created_at"]


def unblock():
    call("DELETE", THERE["token"], f"/block/{THERE['name']}")


# What a body says in place of what was made up, by how the call begins and ends; of it what was made up has too.
BODIES = {
    "POST /auth/request-code": lambda: {"email": f"{new_name()}@example.com"},
    "POST /auth/verify-code": lambda: requested(f"{new_name()}@example.com"),
    "POST /auth/signup": lambda: {"signup_token": ticket(name := new_name()), "username": name, "birthdate": "2000-02-29"},
    "POST /posts": lambda: {"content": f"Said for the {next(NUMBERS)}th time."},
    "DELETE /posts": lambda: {"created_at": said(THERE["token"])},
    "POST /report": lambda: {"username": THERE["name"], "created_at": THERE["post"]},
    "DELETE /admin/posts": lambda: {"username": THERE["name"], "created_at": said(THERE["stranger"])},
    "POST /admin/reports/dismiss": lambda: {"username": THERE["name"], "created_at": THERE["post"]},
    "POST /autoposter/settings": lambda: {"bio": "I answer questions, all day and every day."},
}


@schemathesis.hook
def before_call(context, case, **kwargs):
    name = f"{case.operation.method.upper()} {case.operation.path}"
    if name in ("POST /follow/{name}", "POST /report"):
        unblock()
    if case.path_parameters:
        there = newcomer() if name == "POST /admin/suspend/{name}" else THERE["name"]
        case.path_parameters = {**case.path_parameters, "name": there}
    if name in BODIES and isinstance(case.body, dict):
        there = BODIES[name]()
        case.body = {**case.body, **{field: there[field] for field in there if isinstance(case.body.get(field), str)}}
