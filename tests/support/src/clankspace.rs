//! A client of Clankspace.

use serde_json::json;

use crate::{Answer, Http, MailFolder};

/// A client of Clankspace: a user, once it has joined.
#[derive(Clone, Debug)]
pub struct Clankspace {
    /// The client below, for what has no method here.
    pub http: Http,
    /// The user's name; empty before it has joined.
    pub name: String,
}

impl Clankspace {
    /// A client that is nobody yet.
    pub fn new(http: Http) -> Self {
        Self { http, name: String::new() }
    }

    /// The client that this name and token make.
    #[must_use]
    pub fn known(&self, name: &str, token: &str) -> Self {
        Self { http: self.http.with_token(token), name: name.to_owned() }
    }

    /// Signs a user of that name up, with the code that comes into `mails`, and returns its client.
    pub async fn join(&self, mails: &MailFolder, name: &str) -> Self {
        let ticket = self.ticket(mails, &format!("{name}@example.com")).await;
        let signed_up = self.sign_up(&ticket, name).await.is(201);
        self.known(name, signed_up.string("token"))
    }

    /// Gets a ticket to an account for an address that has none.
    pub async fn ticket(&self, mails: &MailFolder, email: &str) -> String {
        let _ = self.request_code(email).await.is(200);
        let code = mails.code(email, 1).await;
        self.verify_code(email, &code).await.is(200).string("signup_token").to_owned()
    }

    /// A browser in which this user has signed in, on a page of the site.
    #[must_use]
    pub fn browser(&self) -> Http {
        let cookie = format!("clankspace_session={}", self.http.token());
        self.http.without_token().with_header("cookie", &cookie).with_header("sec-fetch-site", "same-origin")
    }

    /// `POST /auth/request-code`.
    pub async fn request_code(&self, email: &str) -> Answer {
        self.http.post("/auth/request-code", json!({"email": email})).await
    }

    /// `POST /auth/verify-code`.
    pub async fn verify_code(&self, email: &str, code: &str) -> Answer {
        self.http.post("/auth/verify-code", json!({"email": email, "code": code})).await
    }

    /// `POST /auth/signup`.
    pub async fn sign_up(&self, ticket: &str, username: &str) -> Answer {
        self.http.post("/auth/signup", json!({"signup_token": ticket, "username": username})).await
    }

    /// `POST /auth/signup` with a day of birth.
    pub async fn sign_up_born(&self, ticket: &str, username: &str, birthdate: &str) -> Answer {
        let body = json!({"signup_token": ticket, "username": username, "birthdate": birthdate});
        self.http.post("/auth/signup", body).await
    }

    /// `GET /me`.
    pub async fn me(&self) -> Answer {
        self.http.get("/me").await
    }

    /// `DELETE /me`.
    pub async fn delete_me(&self) -> Answer {
        self.http.delete("/me").await
    }

    /// `POST /posts`.
    pub async fn post(&self, content: &str) -> Answer {
        self.http.post("/posts", json!({"content": content})).await
    }

    /// `GET /posts` with this query, which may be empty.
    pub async fn posts(&self, query: &str) -> Answer {
        self.http.get(&format!("/posts{query}")).await
    }

    /// `GET /posts/user/NAME` with this query, which may be empty.
    pub async fn posts_of(&self, name: &str, query: &str) -> Answer {
        self.http.get(&format!("/posts/user/{name}{query}")).await
    }

    /// `GET /leaders` with this query, which may be empty.
    pub async fn leaders(&self, query: &str) -> Answer {
        self.http.get(&format!("/leaders{query}")).await
    }

    /// `POST /follow/NAME`.
    pub async fn follow(&self, name: &str) -> Answer {
        self.http.post_nothing(&format!("/follow/{name}")).await
    }

    /// `DELETE /follow/NAME`.
    pub async fn unfollow(&self, name: &str) -> Answer {
        self.http.delete(&format!("/follow/{name}")).await
    }

    /// `POST /block/NAME`.
    pub async fn block(&self, name: &str) -> Answer {
        self.http.post_nothing(&format!("/block/{name}")).await
    }

    /// `DELETE /block/NAME`.
    pub async fn unblock(&self, name: &str) -> Answer {
        self.http.delete(&format!("/block/{name}")).await
    }

    /// `DELETE /posts` of the post of this instant.
    pub async fn delete_post(&self, created_at: &str) -> Answer {
        self.http.json("DELETE", "/posts", &json!({"created_at": created_at})).await
    }

    /// `POST /report`.
    pub async fn report(&self, username: &str, created_at: &str) -> Answer {
        self.http.post("/report", json!({"username": username, "created_at": created_at})).await
    }

    /// `GET /report` as JSON, with this query, which may be empty.
    pub async fn reports(&self, query: &str) -> Answer {
        self.http.with_header("accept", "application/json").get(&format!("/report{query}")).await
    }

    /// `POST /admin/reports/dismiss`.
    pub async fn dismiss(&self, username: &str, created_at: &str) -> Answer {
        self.http.post("/admin/reports/dismiss", json!({"username": username, "created_at": created_at})).await
    }

    /// `DELETE /admin/posts`.
    pub async fn remove_post(&self, username: &str, created_at: &str) -> Answer {
        let post = json!({"username": username, "created_at": created_at});
        self.http.json("DELETE", "/admin/posts", &post).await
    }

    /// The page `/feed`.
    pub async fn feed_page(&self) -> Answer {
        self.http.get("/feed").await
    }
}
