//! Small lists in a text column.

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::Text;

use crate::Backend;

/// A list of strings kept as a JSON array in a text column, for lists that are read whole and never searched.
#[derive(AsExpression, Clone, Debug, Eq, FromSqlRow, PartialEq)]
#[diesel(sql_type = Text)]
pub struct Strings(pub Vec<String>);

impl From<&[crate::Text]> for Strings {
    fn from(texts: &[crate::Text]) -> Self {
        Self(texts.iter().map(|text| text.as_str().to_owned()).collect())
    }
}

impl FromSql<Text, Backend> for Strings {
    fn from_sql(bytes: <Backend as diesel::backend::Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let text = <String as FromSql<Text, Backend>>::from_sql(bytes)?;
        Ok(Self(serde_json::from_str(&text)?))
    }
}

impl ToSql<Text, Backend> for Strings {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Backend>) -> serialize::Result {
        crate::backend::set_text(out, serde_json::to_string(&self.0)?)?;
        Ok(IsNull::No)
    }
}
