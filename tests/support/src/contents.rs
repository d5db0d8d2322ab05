//! Looking for something in the whole database.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use models::{Id, backend};

use crate::Service;

/// Every column of every table but those of the migrations, with an expression for its bytes.
const COLUMNS: &str = if backend::SOLE_PROCESS {
    r#"SELECT m.name AS table_name, c.name AS column_name, 'CAST("' || c.name || '" AS BLOB)' AS bytes
        FROM sqlite_master m JOIN pragma_table_info(m.name) c
        WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE '\_\_%' ESCAPE '\'"#
} else {
    r#"SELECT table_name::text, column_name::text, CASE data_type
            WHEN 'bytea' THEN '"' || column_name || '"'
            WHEN 'uuid' THEN 'uuid_send("' || column_name || '")'
            ELSE 'convert_to("' || column_name || '"::text, ''UTF8'')'
        END AS bytes
        FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\_\_%'"#
};

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Text)]
    bytes: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

impl Column {
    /// How many rows have these bytes, as hexadecimal digits, in this column.
    fn count(&self, conn: &mut models::Connection, hex: &str) -> QueryResult<i64> {
        let Self { table_name, bytes, .. } = self;
        let holds = if backend::SOLE_PROCESS {
            format!("instr({bytes}, x'{hex}') > 0")
        } else {
            format!("position(decode('{hex}', 'hex') IN {bytes}) > 0")
        };
        let counted = diesel::sql_query(format!("SELECT count(*) AS count FROM \"{table_name}\" WHERE {holds}"));
        Ok(counted.get_result::<Count>(conn)?.count)
    }
}

impl Service {
    /// The columns, each as `table.column`, that have these bytes in any of their rows, alone or among others.
    ///
    /// # Panics
    /// Where the database cannot be read.
    pub async fn columns_with(&self, bytes: &[u8]) -> Vec<String> {
        let hex = hex::encode(bytes);
        self.read(move |conn| {
            let columns: Vec<Column> = diesel::sql_query(COLUMNS).load(conn)?;
            assert!(columns.len() > 100, "the schema is not found");
            let mut found = Vec::new();
            for column in columns {
                if column.count(conn, &hex)? > 0 {
                    found.push(format!("{}.{}", column.table_name, column.column_name));
                }
            }
            Ok(found)
        })
        .await
    }

    /// The columns that have this id in any of their rows, as one or as text.
    ///
    /// # Panics
    /// Where the database cannot be read.
    pub async fn columns_with_id(&self, id: Id) -> Vec<String> {
        let text = id.to_string();
        let bytes = hex::decode(text.replace('-', "")).expect("an id is hexadecimal digits");
        [self.columns_with(&bytes).await, self.columns_with(text.as_bytes()).await].concat()
    }

    /// Waits until no mail waits to be sent.
    ///
    /// # Panics
    /// Where some does for too long.
    pub async fn mail_is_sent(&self) {
        let none_waits = async || {
            let waiting = self.read(|conn| Ok(models::schema::mails::table.count().get_result::<i64>(conn)?)).await;
            (waiting == 0).then_some(())
        };
        crate::eventually(crate::GENEROUS, "every mail is sent", none_waits).await;
    }
}
