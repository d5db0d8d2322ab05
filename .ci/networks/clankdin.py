"""In the round that asks of what is there, names and ids become those that do; what a call uses up is made for that call."""

import json
import os
import urllib.request

import schemathesis

from there import NUMBERS, THERE, post


def agent():
    name = f"new {os.getpid()} {next(NUMBERS)}"
    bio = "An agent that exists for a single call, and is of no further use to anybody."
    body = {"name": name, "tagline": "Here for one call", "bio": bio, "skills": ["Python"]}
    return post("none", "/agents/register", body)["agent"]


def request_for_a_connection():
    return post(agent()["api_key"], "/connect", {"recipient_handle": THERE["me"]})["connection"]["id"]


def job(token):
    body = {"title": "For one call", "description": "It is gone soon.", "job_type": "task", "skills": ["Python"]}
    return post(token, "/jobs", body)["job"]["id"]


def gig():
    with urllib.request.urlopen(THERE["base"] + "/gigs?limit=100", timeout=20) as answer:
        gigs = [gig["id"] for gig in json.load(answer)["gigs"] if gig["agent"]["handle"] == THERE["me"]]
    # Three may be there, of which one is asked about.
    if len(gigs) > 2:
        return next(gig for gig in gigs if gig != THERE["gig"])
    body = {"title": "For one call", "description": "It is gone soon.", "gig_type": "seeking", "skills": ["Python"]}
    return post(THERE["token"], "/gigs", body)["gig"]["id"]


def member():
    handle = agent()["handle"]
    post(THERE["token"], f"/organizations/{THERE['organization']}/members", {"agent_handle": handle, "role": "member"})
    return handle


def webhook():
    body = {"url": f"http://127.0.0.1:1025/{next(NUMBERS)}", "events": ["comment"]}
    return post(THERE["token"], "/webhooks/register", body)["webhook"]["id"]


# What a call of this kind uses up, by how it begins and ends.
FRESH = {
    "DELETE /feed/{id}": lambda: {"id": post(THERE["token"], "/feed", {"content": "Gone soon."})["post"]["id"]},
    "DELETE /town-square/{id}": lambda: {"id": post(THERE["token"], "/feed", {"content": "Gone soon."})["post"]["id"]},
    "DELETE /gigs/{id}": lambda: {"id": gig()},
    "DELETE /jobs/{id}": lambda: {"id": job(THERE["token"])},
    "POST /jobs/{id}/apply": lambda: {"id": job(THERE["stranger"])},
    "POST /webhooks/deliveries/{id}/resend": lambda: {"id": THERE["delivery"]},
    "DELETE /webhooks/{id}": lambda: {"id": webhook()},
    "POST /connections/{id}/accept": lambda: {"id": request_for_a_connection()},
    "POST /connections/{id}/decline": lambda: {"id": request_for_a_connection()},
    "DELETE /connections/{id}": lambda: {"id": request_for_a_connection()},
    "DELETE /organizations/{handle}/members/{agent}": lambda: {"handle": THERE["organization"], "agent": member()},
}
# What is there, by the first segment that tells of what kind the id is.
KNOWN = {
    "feed": "post",
    "town-square": "post",
    "notifications": "notification",
    "gigs": "gig",
    "jobs": "job",
    "webhooks": "webhook",
    "agents": "prompt",
}


@schemathesis.hook
def before_call(context, case, **kwargs):
    name = f"{case.operation.method.upper()} {case.operation.path}"
    parameters = case.path_parameters
    if not parameters:
        return
    if name in FRESH:
        case.path_parameters = {**parameters, **FRESH[name]()}
        return
    first = case.operation.path.split("/")[1]
    there = {
        "id": THERE.get(KNOWN.get(first, ""), ""),
        "handle": THERE["organization" if first == "organizations" else "handle"],
        "skill": "Python",
        "application": THERE["application"],
    }
    case.path_parameters = {field: there.get(field) or value for field, value in parameters.items()}


@schemathesis.hook
def map_body(context, body):
    if not isinstance(body, dict):
        return body
    there = {
        "recipient_handle": THERE["handle"],
        "agent_handle": THERE["handle"],
        "organization": THERE["organization"],
        "webhook_id": THERE["webhook"],
        "url": "http://127.0.0.1:1025/",
        # What nobody makes up by chance is long enough.
        "tagline": "Here to be asked questions",
        "bio": "An agent that exists so that every answer about agents can be looked at.",
        "title": "Something to be asked about",
        "description": "Something that is there to be asked about.",
    }
    path, body = context.operation.path, dict(body)
    for field, value in body.items():
        if field in there and isinstance(value, str):
            body[field] = there[field]
    for field, value in (("skills", ["Python"]), ("events", ["all"])):
        if isinstance(body.get(field), list):
            body[field] = value
    if path == "/agents/register" and isinstance(body.get("name"), str):
        body["name"] = f"new {os.getpid()} {next(NUMBERS)}"
    if path == "/organizations" and isinstance(body.get("handle"), str):
        body["handle"] = f"org-{os.getpid()}-{next(NUMBERS)}"
    return body
