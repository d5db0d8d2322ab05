//! Who may do what: every role, also none, at every call that asks for one.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on stops, and says where")]

use support::{Answer, ClankdIn, NO_WORKERS, Networks as _, Service, json, organization, tokio};

/// Who calls. The poster has posted a job of the organization as an admin and is a plain member since; the former one has left since.
const ROLES: [&str; 7] = ["owner", "admin", "poster", "member", "former", "stranger", "nobody"];

/// Everybody whom the table knows, an organization, and what they act on.
struct Scene {
    service: Service,
    agents: Vec<ClankdIn>,
    /// The handle of the organization, which is `acme` in the table.
    organization: String,
    /// An organization's job that `poster` has posted, and one that `former` has.
    jobs: [String; 2],
    /// An application for the first, and one for the second.
    applications: [String; 2],
    gig: String,
}

fn id(answer: &Answer, noun: &str) -> String {
    answer[noun]["id"].as_str().expect("it has an id").to_owned()
}

impl Scene {
    async fn new() -> Self {
        let service = Service::start(jobs::routes, NO_WORKERS);
        let mut agents = Vec::new();
        for role in ROLES {
            agents.push(match role {
                "nobody" => service.clankdin(),
                role => service.a_clankdin_agent(role).await,
            });
        }
        for other in ["one", "two", "applicant", "second_owner", "second_admin"] {
            agents.push(service.a_clankdin_agent(other).await);
        }
        let mut scene = Self {
            service,
            agents,
            organization: "acme0".to_owned(),
            jobs: Default::default(),
            applications: Default::default(),
            gig: String::new(),
        };
        scene.gig = id(&scene.agent("one").http.post("/gigs", support::gig("Will code")).await.is(201), "gig");
        scene.set(0).await;
        scene
    }

    /// Goes on with a new organization, the one of this number, in which nothing has happened yet.
    async fn set(&mut self, number: usize) {
        let handle = format!("acme{number}");
        let _ = self.agent("owner").found(organization(&handle)).await.is(201);
        for (agent, role) in [
            ("admin", "admin"),
            ("poster", "admin"),
            ("member", "member"),
            ("former", "admin"),
            ("one", "member"),
            ("second_owner", "owner"),
            ("second_admin", "admin"),
        ] {
            let _ = self.agent("owner").put_member(&handle, agent, role).await.is(201);
        }
        for (place, poster) in ["poster", "former"].into_iter().enumerate() {
            let job = self.agent(poster).offered("A job at Acme", Some(&handle)).await;
            self.applications[place] = id(&self.agent("applicant").apply(&job, "Take me").await.is(201), "application");
            self.jobs[place] = job;
        }
        let _ = self.agent("owner").put_member(&handle, "poster", "member").await.is(200);
        let _ = self.agent("former").http.delete(&format!("/organizations/{handle}/members/former")).await.is(200);
        self.organization = handle;
    }

    fn agent(&self, name: &str) -> &ClankdIn {
        if name == "nobody" {
            return &self.agents[ROLES.len() - 1];
        }
        self.agents.iter().find(|agent| agent.handle == name).expect("it is in the scene")
    }

    /// A path or a body of the table with what it names filled in; the job is that of whoever calls where that posted one.
    fn fill(&self, text: &str, role: &str) -> String {
        let place = usize::from(role == "former");
        text.replace("acme", &self.organization)
            .replace("JOB", &self.jobs[place])
            .replace("APPLICATION", &self.applications[place])
            .replace("GIG", &self.gig)
    }
}

/// Calls, and what each of [`ROLES`] is answered. Behind a call that succeeds the next role finds
/// an organization in which nothing has happened yet.
const TABLE: [(&str, &str, &str, [u16; 7]); 19] = [
    ("PUT", "/organizations/acme", r#"{"name": "ACME"}"#, [200, 200, 403, 403, 403, 403, 401]),
    (
        "POST",
        "/organizations/acme/members",
        r#"{"agent_handle": "two", "role": "member"}"#,
        [201, 201, 403, 403, 403, 403, 401],
    ),
    (
        "POST",
        "/organizations/acme/members",
        r#"{"agent_handle": "one", "title": "Chief"}"#,
        [200, 200, 403, 403, 403, 403, 401],
    ),
    (
        "POST",
        "/organizations/acme/members",
        r#"{"agent_handle": "two", "role": "admin"}"#,
        [201, 403, 403, 403, 403, 403, 401],
    ),
    (
        "POST",
        "/organizations/acme/members",
        r#"{"agent_handle": "one", "role": "owner"}"#,
        [200, 403, 403, 403, 403, 403, 401],
    ),
    (
        "POST",
        "/organizations/acme/members",
        r#"{"agent_handle": "second_admin", "role": "member"}"#,
        [200, 403, 403, 403, 403, 403, 401],
    ),
    (
        "POST",
        "/organizations/acme/members",
        r#"{"agent_handle": "second_owner", "role": "admin"}"#,
        [200, 403, 403, 403, 403, 403, 401],
    ),
    (
        "POST",
        "/organizations/acme/members",
        r#"{"agent_handle": "second_admin", "title": "Chief"}"#,
        [200, 403, 403, 403, 403, 403, 401],
    ),
    (
        "POST",
        "/organizations/acme/members",
        r#"{"agent_handle": "admin", "title": "Chief"}"#,
        [200, 200, 403, 403, 403, 403, 401],
    ),
    ("DELETE", "/organizations/acme/members/one", "", [200, 200, 403, 403, 403, 403, 401]),
    ("DELETE", "/organizations/acme/members/second_admin", "", [200, 403, 403, 403, 403, 403, 401]),
    ("DELETE", "/organizations/acme/members/second_owner", "", [200, 403, 403, 403, 403, 403, 401]),
    (
        "POST",
        "/jobs",
        r#"{"title": "A job", "description": "Ten characters and more.", "job_type": "task", "skills": ["SQL"], "organization": "acme"}"#,
        [201, 201, 403, 403, 403, 403, 401],
    ),
    ("PUT", "/jobs/JOB", r#"{"title": "Another job"}"#, [200, 200, 200, 403, 403, 403, 401]),
    ("GET", "/jobs/JOB/applications", "", [200, 200, 200, 403, 403, 403, 401]),
    ("PUT", "/jobs/JOB/applications/APPLICATION", r#"{"status": "reviewed"}"#, [200, 200, 200, 403, 403, 403, 401]),
    ("POST", "/jobs/JOB/apply", r#"{"cover_message": "Take me"}"#, [403, 403, 403, 201, 201, 201, 401]),
    ("DELETE", "/jobs/JOB", "", [200, 200, 200, 403, 403, 403, 401]),
    ("PUT", "/gigs/GIG", r#"{"title": "Mine now"}"#, [403, 403, 403, 403, 403, 403, 401]),
];

#[tokio::test]
async fn every_role_may_do_what_the_table_says_and_nothing_else() {
    let (mut scene, mut number) = (Scene::new().await, 0);
    for (method, path, body, expected) in TABLE {
        for (role, status) in ROLES.into_iter().zip(expected) {
            let body = (!body.is_empty()).then(|| scene.fill(body, role).into_bytes());
            let answer = scene.agent(role).http.call(method, &scene.fill(path, role), body).await;
            assert_eq!(answer.status, status, "{role}: {answer:?}");
            if status == 403 || status == 401 {
                assert!(!answer.string("detail").is_empty());
            } else {
                number += 1;
                scene.set(number).await;
            }
        }
    }
}

#[tokio::test]
async fn an_agents_own_job_is_its_own_alone() {
    let scene = Scene::new().await;
    let (poster, stranger) = (scene.agent("stranger"), scene.agent("owner"));
    let job = poster.offered("A job of my own", None).await;
    let path = format!("/jobs/{job}");
    let application = id(&stranger.apply(&job, "Take me").await.is(201), "application");
    let answer = format!("{path}/applications/{application}");
    for status in [403, 200] {
        let caller = if status == 403 { stranger } else { poster };
        let _ = caller.put(&path, json!({"title": "Another title"})).await.is(status);
        let _ = caller.http.get(&format!("{path}/applications")).await.is(status);
        let _ = caller.put(&answer, json!({"status": "accepted"})).await.is(status);
        let _ = caller.http.delete(&path).await.is(status);
    }
    assert_eq!(scene.service.clankdin().http.get(&path).await.status, 404);
}

#[tokio::test]
async fn everybody_leaves_by_itself() {
    let scene = Scene::new().await;
    for role in ["owner", "admin", "poster", "member"] {
        let _ = scene.agent(role).http.delete(&format!("/organizations/acme0/members/{role}")).await.is(200);
    }
    for role in ["former", "stranger"] {
        let _ = scene.agent(role).http.delete(&format!("/organizations/acme0/members/{role}")).await.is(404);
    }
}
