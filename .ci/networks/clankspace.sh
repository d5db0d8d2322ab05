# Clankspace's users for one run, and what there is for them to be asked about. Sourced by schemathesis, which has `base`, `call` and the
# folder that `mail` is written into.

join() { # NAME
    python3 "$networks/clankspace_users.py" "$1"
}

prepare() {
    local kai=kai_$suffix zoe=zoe_$suffix zoe_token
    export THERE_BASE=$base THERE_MAIL=$mail
    token=$(join "$kai") zoe_token=$(join "$zoe") spare_token=$(join "una_$suffix")
    THERE_POST=$(call POST "$zoe_token" /posts '{"content": "Does it hold?"}' | field post.created_at)
    export THERE_POST THERE_TOKEN=$token THERE_NAME=$zoe THERE_STRANGER=$zoe_token
    call POST "$token" "/follow/$zoe" >/dev/null
    call POST "$token" /report "{\"username\": \"$zoe\", \"created_at\": \"$THERE_POST\"}" >/dev/null
    # What moderators do, the operator may do too.
    cat >"$work/made-up.toml" <<TOML
[[operations]]
include-operation-id-regex = "admin|^get_report$"
headers = { Authorization = "Bearer $operator", Accept = "application/json" }
TOML
    cp "$work/made-up.toml" "$work/there.toml"
}

rounds() {
    # What is left of an account that is deleted can be asked no more.
    local apart=(--exclude-operation-id delete_me) failed=0
    (ask made-up "$spare_token" "$seconds" "${apart[@]}") || failed=1
    (export SCHEMATHESIS_HOOKS=$networks/clankspace.py
        ask there "$token" "$seconds" "${apart[@]}") || failed=1
    (ask made-up "$spare_token" 10 --include-operation-id delete_me) || failed=1
    return "$failed"
}

# The document was fetched to begin with.
beyond=(get_openapi_json)
