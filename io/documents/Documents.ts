/**
 * The IO manager for documents: one JSON document a cell, all in the table `sluice_documents.documents`.
 *
 * The body is `json`, not `jsonb`: it keeps the order of keys, repeated spaces in texts, NUL characters and numbers
 * as they were written, which raw API bodies need. Query it as `body ->> 'id'`, or as `body::jsonb` for the
 * operators of jsonb; an index on an expression of one asset makes that fast:
 * `create index on sluice_documents.documents ((body ->> 'id')) where asset = 'nhl/live_feed'`.
 */
import { createHash } from "node:crypto"
import { PgTypes } from "@effect/sql-pg"
import { Effect, Layer, Option, Result, Schema, Stream } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import * as Io from "../../engine/definition/Io.ts"
import type { Output, OutputSchema } from "../../engine/definition/Output.ts"
import * as Catalog from "../warehouse/Catalog.ts"
import { lockDefinitions } from "../warehouse/Prepare.ts"
import { fromSql, place, refuse, shown } from "../warehouse/Refusal.ts"
import * as Transaction from "../warehouse/Transaction.ts"

const schema = "sluice_documents"
const table = `${schema}.documents`

const createTable = `
create table ${table} (
  asset text not null,
  partition text not null,
  body json not null,
  hash text not null,
  size integer not null,
  written_at timestamptz not null default now(),
  primary key (asset, partition)
)`

const describeTable = `comment on table ${table} is 'Documents of Sluice assets: one a cell; size is in bytes of UTF-8'`

/** Sorted, so that concurrent writers lock the rows in one order. */
const upsert = `
insert into ${table} as stored (asset, partition, body, hash, size)
select asset, partition, body::json, hash, size
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int4[]) as given(asset, partition, body, hash, size)
order by asset collate "C", partition collate "C"
on conflict (asset, partition) do update
set body = excluded.body, hash = excluded.hash, size = excluded.size, written_at = excluded.written_at`

/** Characters of bodies of one statement. */
const chunkCharacters = 16_000_000

interface Codec {
  readonly encode: (value: unknown) => Result.Result<unknown, { readonly message: string }>
  readonly decode: (body: unknown) => Result.Result<unknown, { readonly message: string }>
}

const codecs = new WeakMap<OutputSchema<unknown>, Codec>()

const codecOf = (of: OutputSchema<unknown>): Codec => {
  const found = codecs.get(of)
  if (found !== undefined) return found
  const json = Schema.toCodecJson(of)
  const codec = { encode: Schema.encodeUnknownResult(json), decode: Schema.decodeUnknownResult(json) }
  codecs.set(of, codec)
  return codec
}

const documentCodec = (asset: string, output: Output): Effect.Effect<Codec, Io.IoError> =>
  output._tag === "Document"
    ? Effect.succeed(codecOf(output.schema))
    : Effect.fail(refuse(asset, undefined, `${asset} has rows, and Documents stores documents; use Warehouse.`))

interface Encoded {
  readonly asset: string
  readonly partition: string
  readonly body: string
  readonly hash: string
  readonly size: number
  readonly value: unknown
}

const oneLine = (message: string): string => message.replace(/\s*\n\s*/g, " ")

const encode = Effect.fnUntraced(function*({ asset, partition, value }: Io.CellWrite) {
  const codec = yield* documentCodec(asset.key, asset.output)
  const json = codec.encode(value)
  const refused = (reason: string) =>
    refuse(asset.key, partition, `The document of ${place(asset.key, partition)} cannot be stored: ${reason}.`)
  if (Result.isFailure(json)) return yield* refused(oneLine(json.failure.message))
  const body = JSON.stringify(json.success)
  if (body === undefined) return yield* refused(`${shown(value)} is not a JSON value`)
  const encoded: Encoded = {
    asset: asset.key,
    partition,
    body,
    hash: createHash("sha1").update(body).digest("hex"),
    size: Buffer.byteLength(body),
    value
  }
  return encoded
})

/** Statements of bounded size; of two documents for one cell the last is stored. */
const chunksOf = (documents: ReadonlyArray<Encoded>): ReadonlyArray<ReadonlyArray<Encoded>> => {
  const latest = new Map(documents.map((d) => [`${d.asset}\0${d.partition}`, d]))
  const chunks: Array<Array<Encoded>> = []
  let characters = Infinity
  for (const document of latest.values()) {
    if (characters > chunkCharacters) {
      chunks.push([])
      characters = 0
    }
    chunks.at(-1)?.push(document)
    characters += document.body.length
  }
  return chunks
}

const texts = (values: ReadonlyArray<string>) => Result.getOrThrow(PgTypes.array(values, PgTypes.OID.text))

const insert = (sql: SqlClient.SqlClient, chunk: ReadonlyArray<Encoded>) =>
  sql.unsafe(upsert, [
    texts(chunk.map((d) => d.asset)),
    texts(chunk.map((d) => d.partition)),
    texts(chunk.map((d) => d.body)),
    texts(chunk.map((d) => d.hash)),
    Result.getOrThrow(PgTypes.array(chunk.map((d) => d.size), PgTypes.OID.int4))
  ])

const prepare = (sql: SqlClient.SqlClient, asset: string): Effect.Effect<void, Io.IoError> => {
  const missing = Effect.map(Catalog.read(sql, { schema, name: "documents" }), Option.isNone)
  const create = Effect.gen(function*() {
    yield* lockDefinitions(sql)
    if (!(yield* missing)) return
    if (!(yield* Catalog.hasSchema(sql, schema))) yield* sql.unsafe(`create schema ${schema}`)
    yield* sql.unsafe(createTable)
    yield* sql.unsafe(describeTable)
  })
  return Effect.flatMap(missing, (isMissing) => (isMissing ? Transaction.run(sql, create) : Effect.void)).pipe(
    Effect.catchTag("SqlError", (error: SqlError.SqlError) => Effect.fail(fromSql(asset, "prepare", error)))
  )
}

const query = ({ asset, partitions }: Io.Source) =>
  partitions === "all"
    ? {
      text: `select partition, body from ${table} where asset = $1 order by partition collate "C"`,
      parameters: [asset.key]
    }
    // A left join, so that a document which is not there shows as null.
    : {
      text: `select asked.partition, stored.body from unnest($2::text[]) with ordinality as asked(partition, place)
left join ${table} as stored on stored.asset = $1 and stored.partition = asked.partition order by asked.place`,
      parameters: [asset.key, texts([...new Set(partitions)])]
    }

const neverMaterialized = (asset: string, partition: string): Io.IoError =>
  refuse(
    asset,
    partition,
    `${place(asset, partition)} was never materialized: run \`sluice materialize ${asset}${
      partition === "" ? "" : ` --partition ${partition}`
    }\`.`
  )

const StoredDocument = Schema.Struct({ partition: Schema.String, body: Schema.Unknown, stored: Schema.Boolean })

const stream = (sql: SqlClient.SqlClient, source: Io.Source): Stream.Stream<Io.Element, Io.IoError> =>
  Stream.unwrap(Effect.map(documentCodec(source.asset.key, source.asset.output), (codec) => {
    const { key } = source.asset
    const { parameters, text } = query(source)
    // The body of JSON null and a missing one are both null to the client, so the server tells them apart.
    const told = `select partition, body, body is not null as stored from (${text}) as documents`
    return sql.unsafe<object>(told, parameters).stream.pipe(
      Stream.mapError((error) => fromSql(key, "load", error)),
      Stream.mapEffect(Effect.fnUntraced(function*(row) {
        const { body, partition, stored } = yield* Effect.orDie(Schema.decodeUnknownEffect(StoredDocument)(row))
        if (!stored) return yield* neverMaterialized(key, partition)
        const value = codec.decode(body)
        if (Result.isSuccess(value)) return { partition, value: value.success }
        return yield* refuse(
          key,
          partition,
          `The document of ${place(key, partition)} does not fit its schema: ${oneLine(value.failure.message)}; ` +
            `change the schema back, or materialize it again: \`sluice materialize ${key} --force${partition === "" ? "" : ` --partitions '${partition}'`}\`.`
        )
      }))
    )
  }))

const make = Effect.gen(function*() {
  const sql = (yield* SqlClient.SqlClient).withoutTransforms()
  const manager: Io.IoManager = {
    accepts: ["Document"],
    validate: (asset) => Effect.asVoid(documentCodec(asset.key, asset.output)),
    prepare: Effect.fn("Documents.prepare")((asset) => prepare(sql, asset.key)),
    write: Effect.fn("Documents.write")(function*(cells) {
      const documents = yield* Effect.forEach(cells, encode)
      yield* Transaction.run(
        sql,
        Effect.forEach(chunksOf(documents), (chunk) => insert(sql, chunk), { discard: true })
      ).pipe(
        Effect.catchTag("SqlError", (error: SqlError.SqlError) => {
          const assets = [...new Set(documents.map((d) => d.asset))].join(", ")
          return Effect.fail(fromSql(assets, "write", error, documents.length === 1 ? documents[0]?.partition : undefined))
        })
      )
      return documents.map(({ hash, value }) => ({ rows: 1, hash, values: [value], displaced: [] }))
    }),
    load: Effect.fn("Documents.load")(function*(source) {
      const elements = yield* Stream.runCollect(stream(sql, source))
      return { partitions: elements.map((e) => e.partition), values: elements.map((e) => e.value) }
    }),
    stream: (source) => stream(sql, source)
  }
  return manager
})

/** Documents in Postgres. */
export class Documents extends Io.Tag<Documents>()("io/Documents") {
  static readonly layer: Layer.Layer<Documents, never, SqlClient.SqlClient> = Layer.effect(Documents, make)
}
