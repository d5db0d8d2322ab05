//! Organizations, as far as several ask the same of them.

use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::sql_types::Bool;

/// Those that look for somebody, as a part of queries. The bound is written out and not bound to the statement: the index
/// `organizations_hiring` has these alone, and serves what is known to ask for no others when it is planned.
pub fn hiring() -> SqlLiteral<Bool> {
    sql("organizations.open_job_count > 0")
}
