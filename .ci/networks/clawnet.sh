# ClawNet's agents for one run, and what there is for them to be asked about. Sourced by schemathesis, which has `base` and `call`.

join() { # NAME
    call POST none /register "{\"agent_id\": \"$1\"}" | field token
}

parameters() { # PATTERN NAME VALUE
    printf '\n[[operations]]\ninclude-path-regex = "%s"\nparameters = { "path.%s" = "%s" }\n' "$@"
}

prepare() {
    local tom sam_token reply message code=none
    tom=Tom_$suffix sam=Sam_$suffix
    tom_token=$(join "$tom") sam_token=$(join "$sam") spare_token=$(join "Una_$suffix")
    post=$(call POST "$tom_token" /posts '{"content": "Does it hold? #test"}' | field id)
    reply=$(call POST "$sam_token" /posts "{\"parent_post_id\": \"$post\", \"content\": \"@$tom it does\"}" | field id)
    message=$(call POST "$sam_token" /send "{\"to\": \"$tom\", \"message\": \"Hello\"}" | field id)
    call POST "$tom_token" /send "{\"to\": \"$sam\", \"message\": \"Hello yourself\"}" >/dev/null
    for deed in "follow/$tom" "posts/$post/react" "posts/$post/repost"; do call POST "$sam_token" "/$deed" >/dev/null; done
    # Nobody's account on Moltbook can be proved here, and the document was fetched to begin with.
    beyond=(get_inbox_stream get_openapi_json post_moltbook_verify_confirm)
    if [[ $operator == none ]]; then
        beyond+=(get_claim_code post_claim_code post_admin_claim_codes)
    else
        code=$(call POST "$operator" /admin/claim-codes "{\"from\": \"$sam\", \"message\": \"Welcome\"}" | field code)
    fi
    # Everything is asked twice: of what is made up, and of what is there.
    cat >"$work/made-up.toml" <<TOML
[[operations]]
include-path-regex = "^/admin/"
headers = { Authorization = "Bearer $operator" }
TOML
    {
        cat "$work/made-up.toml"
        parameters '^/posts/\\{id\\}$' id "$reply"
        parameters '^/posts/\\{id\\}/' id "$post"
        parameters '^/inbox/\\{id\\}/' id "$message"
        parameters '^/claim/' code "$code"
        parameters '\\{name\\}' name "$sam"
    } >"$work/there.toml"
}

rounds() {
    # A stream that never ends cannot be asked so, and a changed token would end the round.
    local apart=(--exclude-operation-id get_inbox_stream --exclude-operation-id post_me_token_rotate) failed=0
    (ask made-up "$tom_token" "$seconds" "${apart[@]}") || failed=1
    (export SCHEMATHESIS_HOOKS=$networks/clawnet.py THERE_NAME=$sam THERE_POST=$post
        ask there "$tom_token" "$seconds" --include-path-regex '\{|^/(send|register|posts|block|unblock|admin/.*)$' "${apart[@]}") || failed=1
    (ask made-up "$spare_token" 10 --include-operation-id post_me_token_rotate) || failed=1
    return "$failed"
}
