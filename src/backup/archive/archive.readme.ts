export const README_NAME = 'README.txt';

/**
 * The text that lies in every archive, for somebody who has nothing but the archive. Its indented blocks are shell commands that
 * can be pasted as they stand; the tests do exactly that.
 */
export const ARCHIVE_README = String.raw`BACKUPS OF ONE DAY (UTC)

This ZIP file holds snapshots. You need no special program to get the data
back: any unzip tool, sed, and jq 1.6 or later. For every snapshot there are two
files:

  NAME.json        the snapshot: the rows
  NAME.meta.json   its manifest: when, why, checksums, and the SQL that builds the tables (schema.ddl)

Where the first file ends otherwise, it is not for jq: .tar, .tar.gz, .tar.bz2
and .tar.xz are folders, .db a SQLite database, .dump is for pg_restore and
.sql.gz for mysql or mariadb. A manifest with "parts" names the snapshots that
belong together.

A snapshot is "full" (stands alone) or "differential" (only what changed since a
full one, its "base", which is in this ZIP too). Unpack into an empty folder,
choose a snapshot, and see what it is:

    SNAPSHOT=auto_backup_20260130_120000
    jq '{kind, base, created_at, tables: (.tables | map_values(.rows))}' $SNAPSHOT.meta.json

"kind" and "base" tell you how to go on; "tables" is the number of rows in each
table. The file is undamaged if these two lines are equal:

    sha256sum < $SNAPSHOT.json | cut -d ' ' -f 1
    jq -r '.content_sha256 // .checksum' $SNAPSHOT.meta.json


1. LONG NUMBERS: READ THIS FIRST

jq 1.6 and older turn every number into a floating-point one: 9007199254740993
comes out as 9007199254740992, without a warning. jq 1.7 and later keep a number
as it was written, as long as nothing is calculated with it. "jq --version"
tells which you have. The recipes below are exact in every version, because they
never read a row: the files have one row per line, and the first step turns each
row into a text, which jq does not touch. Rows become rows again when they are
printed with "jq -r". (sed hands the lines over as JSON, because jq 1.6 breaks
letters in two where it reads long lines as they are.)

    lines() { LC_ALL=C sed 's/[\\"]/\\&/g; s/.*/"&"/' "$1"; }
    QUOTE_ROWS='
      if startswith("{") and endswith("}") then tojson
      elif startswith("{") and endswith("},") then (.[:-1] | tojson) + ","
      else . end'


2. A FULL SNAPSHOT

If "kind" is "full", this is all:

    lines $SNAPSHOT.json | jq -r "$QUOTE_ROWS" > snapshot.quoted.json

Go on with 4.


3. A DIFFERENTIAL SNAPSHOT

If "kind" is "differential", each changed table holds "splices" over the base's
rows, in ascending order. "at" counts the base's rows from 0: copy the base's
rows up to "at", leave out "drop" of them, put "rows" in, go on. Tables that are
not mentioned are as in the base.

    BASE=$(jq -r .base $SNAPSHOT.meta.json)
    PUT_TOGETHER='
      def put_together($rows; $splices):
        ([0] + [$splices[] | .at + .drop]) as $from
        | ([$splices[].at] + [$rows | length]) as $to
        | [range($from | length) as $i | $rows[$from[$i]:$to[$i]][], ($splices[$i].rows // [])[]];
      .[0] as $base | .[1] as $change
      | reduce ($change.tables | keys_unsorted[]) as $table ($base;
          .tables[$table].rows = put_together($base.tables[$table].rows; $change.tables[$table].splices))
      | .id = $change.id | .created_at = $change.created_at | .database = $change.database'
    lines $BASE.json | jq -r "$QUOTE_ROWS" > base.quoted.json
    lines $SNAPSHOT.json | jq -r "$QUOTE_ROWS" > change.quoted.json
    jq -s "$PUT_TOGETHER" base.quoted.json change.quoted.json > snapshot.quoted.json


4. THE ROWS

The names of the tables, the rows of one table (one JSON object per line), and
the proof that they are right: the last two lines are equal.

    TABLE=users
    jq -r '.tables | keys_unsorted[]' snapshot.quoted.json
    jq -r --arg table "$TABLE" '.tables[$table].rows[]' snapshot.quoted.json > rows.jsonl
    sha256sum < rows.jsonl | cut -d ' ' -f 1
    jq -r --arg table "$TABLE" '.tables[$table].sha256' $SNAPSHOT.meta.json

With jq 1.7 or later, or if no number has more than 15 digits, you can do
without QUOTE_ROWS: NAME.json is plain JSON, and this makes one full snapshot
document of a base and a differential one:

    jq -s "$PUT_TOGETHER" $BASE.json $SNAPSHOT.json > snapshot.json


5. VALUES

On SQLite {"$hex":"00FF10"} is a blob and {"$real":"Infinity"} an infinite
number. On MySQL and MariaDB {"$base64":"AP8Q"} is binary data, and exact
decimals are texts. On PostgreSQL a json or jsonb column is the text of its
JSON. To build the empty tables:

    jq -r '.schema.ddl[] + ";"' $SNAPSHOT.meta.json > schema.sql
`;
