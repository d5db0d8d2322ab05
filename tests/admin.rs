//! What the operator does on a server that runs, over the real program.

use std::process::Output;

use support::{ClawNet, Networks as _, run, unique, unwrap_content};

use crate::{BINARY, server};

/// `clankwork admin claim-code` with these arguments, by somebody with this token.
fn claim_code(token: &str, arguments: &[&str]) -> Output {
    let command = ["admin", "claim-code", "--server", server().origin()];
    run(BINARY, &[&command, arguments].concat(), &[("CLANKWORK_ADMIN_TOKEN", token)])
}

/// `clankwork admin` with this command on a user of Clankspace, by the operator.
fn on_user(command: &str, name: &str) -> Output {
    let arguments = ["admin", command, name, "--server", server().origin()];
    run(BINARY, &arguments, &[("CLANKWORK_ADMIN_TOKEN", &server().admin_token())])
}

/// What a successful command prints.
#[track_caller]
fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// What a command that is refused says.
#[track_caller]
fn complaint(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

async fn agent(prefix: &str) -> ClawNet {
    server().clawnet().join(&unique(prefix)).await
}

#[tokio::test]
async fn a_claim_code_delivers_the_message_it_was_made_with() {
    let tom = agent("tom").await;
    let message = "--Welcome! \"Ask\" me <anything>.";
    let arguments = ["--from", tom.name.as_str(), "--message", message];
    let code = printed(&claim_code(&server().admin_token(), &arguments));
    let told = server().clawnet().http.get(&format!("/claim/{code}")).await.is(200);
    assert_eq!((told.string("from"), told["redeemed"].as_bool()), (tom.name.as_str(), Some(false)));
    let newcomer = agent("newcomer").await;
    let redeemed = newcomer.http.post_nothing(&format!("/claim/{code}")).await.is(200);
    assert_eq!(redeemed.string("message_from"), tom.name);
    let inbox = newcomer.inbox("").await.is(200);
    let read = unwrap_content(&inbox.list("messages").first().expect("the message is there")["content"]);
    assert_eq!((read["from"].as_str(), read["content"].as_str()), (Some(tom.name.as_str()), Some(message)));
}

#[tokio::test]
async fn a_code_of_ones_own_is_taken_once() {
    let tom = agent("tom").await;
    let code = unique("welcome").replace('_', "-");
    let arguments = ["--from", tom.name.as_str(), "--message", "Hello", "--code", code.as_str()];
    assert_eq!(printed(&claim_code(&server().admin_token(), &arguments)), code);
    let again = complaint(&claim_code(&server().admin_token(), &arguments));
    assert!(again.contains("The server refuses: ") && again.to_lowercase().contains("code"), "{again}");
}

#[tokio::test]
async fn what_the_server_refuses_is_told_in_its_words() {
    let nobody = unique("nobody");
    let unknown = ["--from", nobody.as_str(), "--message", "Hello"];
    let text = complaint(&claim_code(&server().admin_token(), &unknown));
    assert!(text.contains("The server refuses: Agent not found"), "{text}");
    let text = complaint(&claim_code("not-the-operators", &unknown));
    assert!(text.contains("Invalid token"), "{text}");
    let tom = agent("tom").await;
    let empty = complaint(&claim_code(&server().admin_token(), &["--from", &tom.name, "--message", "  "]));
    assert!(empty.contains("The server refuses: message "), "{empty}");
}

#[test]
fn without_a_token_nothing_is_asked() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().to_str().expect("a path in UTF-8");
    let arguments = ["admin", "claim-code", "--from", "Tom", "--message", "Hello", "--data-dir", data];
    let text = complaint(&run(BINARY, &arguments, &[]));
    assert!(text.contains("CLANKWORK_ADMIN_TOKEN must be set"), "{text}");
    // With one, there is still nobody at that address.
    let nowhere = [&arguments[..], &["--bind", "127.0.0.1:1", "--admin-token", "anything"]].concat();
    let text = complaint(&run(BINARY, &nowhere, &[]));
    assert!(text.contains("The server does not answer: "), "{text}");
}

/// In the shape that keeps its token in the data folder, nothing has to be said on the machine itself.
#[cfg(not(feature = "postgres"))]
#[tokio::test]
async fn on_the_machine_itself_the_data_folder_is_enough() {
    let tom = agent("tom").await;
    let bind = server().origin().trim_start_matches("http://").to_owned();
    let folder = server().data_dir();
    let variables =
        [("CLANKWORK_BIND", bind.as_str()), ("CLANKWORK_DATA_DIR", folder.to_str().expect("a path in UTF-8"))];
    let output = run(BINARY, &["admin", "claim-code", "--from", &tom.name, "--message", "Hello"], &variables);
    let code = printed(&output);
    let _ = server().clawnet().http.get(&format!("/claim/{code}")).await.is(200);
    let file = folder.join("admin-token");
    let arguments = ["--from", tom.name.as_str(), "--message", "Hello"];
    let by_file = run(
        BINARY,
        &[&["admin", "claim-code", "--server", server().origin()], &arguments[..]].concat(),
        &[("CLANKWORK_ADMIN_TOKEN_FILE", file.to_str().expect("a path in UTF-8"))],
    );
    assert_ne!(printed(&by_file), code);
}

#[tokio::test]
async fn the_operator_says_who_moderates_clankspace() {
    let zoe = server().clankspace().join(&server().mails(), &unique("Zoe")).await;
    let kai = server().clankspace().join(&server().mails(), &unique("kai")).await;
    let lowercase = zoe.name.to_lowercase();
    assert_eq!(printed(&on_user("grant", &lowercase)), format!("{} moderates Clankspace", zoe.name));
    assert_eq!(zoe.me().await.is(200)["is_admin"], true);
    // Another service hears of it at once.
    let _ = zoe.http.get("/admin/audit").await.is(200);
    let suspend = format!("/admin/suspend/{}", kai.name);
    let _ = zoe.http.post_nothing(&suspend).await.is(200);
    let _ = kai.me().await.is(401);
    let _ = zoe.http.delete(&suspend).await.is(200);
    assert_eq!(printed(&on_user("revoke", &lowercase)), format!("{} does not moderate Clankspace", zoe.name));
    let _ = zoe.http.post_nothing(&suspend).await.is(403);
    let _ = zoe.http.get("/admin/audit").await.is(403);
}

#[tokio::test]
async fn the_operator_suspends_and_lifts_users_of_clankspace() {
    let kai = server().clankspace().join(&server().mails(), &unique("kai")).await;
    let zoe = server().clankspace().join(&server().mails(), &unique("zoe")).await;
    let _ = zoe.follow(&kai.name).await.is(200);
    let _ = kai.post("I am still here").await.is(201);
    let (posts, page) = (format!("/posts/user/{}", kai.name), format!("/leader/{}", kai.name));
    let _ = kai.http.without_token().get(&page).await.is(200);
    for _ in 0..2 {
        assert_eq!(printed(&on_user("suspend", &kai.name)), format!("{} is suspended", kai.name));
    }
    let _ = kai.me().await.is(401);
    let _ = kai.post("Am I?").await.is(401);
    for path in [&posts, &page] {
        let _ = zoe.http.get(path).await.is(404);
    }
    assert!(zoe.leaders("").await.is(200).list("posts").is_empty());
    assert_eq!(zoe.me().await.is(200)["following_count"], 2, "to follow somebody lasts");
    let address = format!("{}@example.com", kai.name);
    server().mails().mail(&address, "is suspended").await;
    assert_eq!(printed(&on_user("lift", &kai.name)), format!("{} is not suspended", kai.name));
    let _ = zoe.http.get(&page).await.is(200);
    assert_eq!(zoe.http.get(&posts).await.is(200).each("posts", "content"), ["I am still here"]);
    assert_eq!(zoe.leaders("").await.is(200).each("posts", "content"), ["I am still here"]);
    server().mails().mail(&address, "no longer suspended").await;
}

#[test]
fn what_is_no_user_is_told() {
    for name in [&*unique("nobody"), "a/b", "käi?x=y#z"] {
        let text = complaint(&on_user("grant", name));
        assert!(text.contains("The server refuses: User not found"), "{name}: {text}");
    }
}
