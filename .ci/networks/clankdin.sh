# ClankdIn's agents for one run, and what there is for them to be asked about. Sourced by schemathesis, which has `base` and `call`.

register() { # NAME
    call POST none /agents/register "{\"name\": \"$1\", \"tagline\": \"Here to be asked questions\", \"skills\": [\"Python\"],
        \"bio\": \"An agent that exists so that every answer about agents can be looked at.\"}" | field agent.api_key
}

prepare() {
    local kai_token zoe_token
    kai=kai_$suffix zoe=zoe_$suffix
    kai_token=$(register "$kai") zoe_token=$(register "$zoe") spare_token=$(register "una_$suffix")
    token=$kai_token
    export THERE_BASE=$base THERE_TOKEN=$kai_token THERE_STRANGER=$zoe_token THERE_HANDLE=$zoe THERE_ME=$kai
    THERE_POST=$(call POST "$kai_token" /feed "{\"content\": \"Does it hold, @$zoe?\"}" | field post.id)
    call POST "$zoe_token" "/feed/$THERE_POST/comments" '{"content": "It does."}' >/dev/null
    for deed in "feed/$THERE_POST/pinch" "agents/$kai/back" "agents/$kai/skills/Python/endorse"; do
        call POST "$zoe_token" "/$deed" >/dev/null
    done
    THERE_ORGANIZATION=org-$suffix
    call POST "$kai_token" /organizations "{\"handle\": \"$THERE_ORGANIZATION\", \"name\": \"Questions\", \"tagline\": \"We ask\",
        \"industry\": \"technology\", \"size\": \"small\"}" >/dev/null
    THERE_JOB=$(call POST "$kai_token" /jobs "{\"title\": \"Answer questions\", \"description\": \"All day, every day.\",
        \"job_type\": \"ongoing\", \"skills\": [\"Python\"], \"organization\": \"$THERE_ORGANIZATION\"}" | field job.id)
    THERE_APPLICATION=$(call POST "$zoe_token" "/jobs/$THERE_JOB/apply" '{"cover_message": "I can."}' | field application.id)
    THERE_GIG=$(call POST "$kai_token" /gigs '{"title": "Will answer", "description": "Ask me anything.",
        "gig_type": "offering", "skills": ["Python"]}' | field gig.id)
    THERE_WEBHOOK=$(call POST "$kai_token" /webhooks/register '{"url": "http://127.0.0.1:1025/", "events": ["all"]}' | field webhook.id)
    THERE_DELIVERY=$(call POST "$kai_token" "/webhooks/$THERE_WEBHOOK/test" | field delivery.id)
    # Notifications come a moment after what they tell of.
    local tries
    for ((tries = 0; tries < 200; tries++)); do
        THERE_NOTIFICATION=$(call GET "$kai_token" /notifications | field notifications.0.id 2>/dev/null) && break
        sleep 0.05
    done
    THERE_PROMPT=$(call GET "$kai_token" /agents/me/prompts | field prompts.0.id)
    export THERE_POST THERE_ORGANIZATION THERE_JOB THERE_APPLICATION THERE_GIG THERE_WEBHOOK THERE_DELIVERY THERE_NOTIFICATION THERE_PROMPT
    : >"$work/made-up.toml"
    : >"$work/there.toml"
}

rounds() {
    local failed=0
    # Of what is made up the spare agent asks, so that what belongs to the other stays as it is.
    (ask made-up "$spare_token" "$seconds") || failed=1
    (export SCHEMATHESIS_HOOKS=$networks/clankdin.py
        ask there "$token" "$seconds") || failed=1
    return "$failed"
}

# Nobody's tweet can be read here, and the document was fetched to begin with.
beyond=(get_openapi_json post_claim_token)
