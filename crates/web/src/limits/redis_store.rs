//! Counting for all instances, in Redis.

use models::Timestamp;
use redis::aio::ConnectionManager;
use redis::{RedisResult, Script};

use super::{Action, Permit, Rule, Subject, Window};

/// Counts a call under the first key and looks at the second, in one round trip. A window is a hash of its count and its end
/// in microseconds, kept as text because Lua's numbers are not exact that far. The caller's clock decides, as everywhere.
const COUNT: &str = r"
local function look(key)
  local window = redis.call('HMGET', key, 'count', 'end')
  if window[2] and tonumber(window[2]) > tonumber(ARGV[1]) then return tonumber(window[1]), window[2] end
  return 0, false
end
local answer = {-1, '0', -1, '0'}
if ARGV[2] ~= '' then
  local count, ends = look(KEYS[1])
  if not ends then
    ends = ARGV[3]
    redis.call('HSET', KEYS[1], 'count', 0, 'end', ends)
    redis.call('PEXPIRE', KEYS[1], ARGV[4])
  end
  count = count + 1
  if count <= tonumber(ARGV[2]) then redis.call('HSET', KEYS[1], 'count', count) end
  answer[1], answer[2] = count, ends
end
if ARGV[5] ~= '' then
  local count, ends = look(KEYS[2])
  answer[3], answer[4] = count, ends or ARGV[1]
end
return answer
";

/// Takes one from the count, if the window is still the one in which it was counted.
const GIVE_BACK: &str = r"
local window = redis.call('HMGET', KEYS[1], 'count', 'end')
if window[2] == ARGV[1] and tonumber(window[1]) > 0 then redis.call('HINCRBY', KEYS[1], 'count', -1) end
return 1
";

#[derive(Debug)]
pub(super) struct RedisStore {
    connection: ConnectionManager,
    count: Script,
    give_back: Script,
}

impl RedisStore {
    pub(super) fn new(connection: ConnectionManager) -> Self {
        Self { connection, count: Script::new(COUNT), give_back: Script::new(GIVE_BACK) }
    }

    pub(super) async fn count(
        &self,
        subject: Subject,
        take: Option<(Action, Rule)>,
        show: Option<(Action, Rule)>,
        now: Timestamp,
    ) -> RedisResult<(Option<Window>, Option<Window>)> {
        let key_of =
            |action: Option<(Action, Rule)>| action.map(|(action, _)| key(action, subject)).unwrap_or_default();
        let (limit, end, length) = match take {
            Some((_, rule)) => {
                let end = now.plus_seconds(i64::from(rule.window)).micros().to_string();
                (rule.limit.to_string(), end, u64::from(rule.window).saturating_mul(1_000))
            }
            None => (String::new(), String::new(), 0),
        };
        let mut connection = self.connection.clone();
        let (taken, taken_end, shown, shown_end): (i64, String, i64, String) = self
            .count
            .key(key_of(take))
            .key(key_of(show))
            .arg(now.micros().to_string())
            .arg(limit)
            .arg(end)
            .arg(length)
            .arg(if show.is_some() { "show" } else { "" })
            .invoke_async(&mut connection)
            .await?;
        Ok((window(taken, &taken_end), window(shown, &shown_end)))
    }

    pub(super) async fn look(&self, subject: Subject, actions: &[Action], now: Timestamp) -> RedisResult<Vec<Window>> {
        let mut connection = self.connection.clone();
        let mut pipe = redis::pipe();
        for &action in actions {
            pipe.hmget(key(action, subject), &["count", "end"]);
        }
        let windows: Vec<(Option<u32>, Option<i64>)> = pipe.query_async(&mut connection).await?;
        let window = |(count, end): (Option<u32>, Option<i64>)| match end.map(Timestamp::from_micros) {
            Some(end) if end > now => Window { count: count.unwrap_or(0), end },
            _ => Window { count: 0, end: now },
        };
        Ok(windows.into_iter().map(window).collect())
    }

    pub(super) async fn give_back(&self, permit: Permit) -> RedisResult<()> {
        let mut connection = self.connection.clone();
        self.give_back
            .key(key(permit.action, permit.subject))
            .arg(permit.window_end.micros().to_string())
            .invoke_async(&mut connection)
            .await
    }
}

fn key(action: Action, subject: Subject) -> String {
    format!("clankwork:limit:{}:{}:{}", action.network().as_str(), action.name(), subject.key())
}

/// A window as the script tells it; a negative count stands for one that was not asked for.
fn window(count: i64, end: &str) -> Option<Window> {
    Some(Window { count: u32::try_from(count).ok()?, end: Timestamp::from_micros(end.parse().ok()?) })
}
