/** Which database a node writes to: the file of `--db-config`, else DATABASE_URL, else the variables DB_HOST and so on. */
import { Effect, Redacted, Schema } from "effect"
import { Cli } from "sluice"
import * as DatabaseUrl from "../../resources/database/DatabaseUrl.ts"
import * as JsonFile from "./JsonFile.ts"

const DatabaseFile = Schema.Struct({
  host: Schema.optionalKey(Schema.String),
  name: Schema.optionalKey(Schema.String),
  user: Schema.optionalKey(Schema.String),
  password: Schema.optionalKey(Schema.String),
  port: Schema.optionalKey(Schema.Union([Schema.Finite, Schema.String]).annotate({ expected: "a port from 1 to 65535" })),
  sslmode: Schema.optionalKey(Schema.String)
})
type DatabaseFile = typeof DatabaseFile.Type

type Key = keyof DatabaseFile
const keys: ReadonlyArray<Key> = ["host", "name", "user", "password", "port", "sslmode"]

const variableOf = (key: Key): string => `DB_${key.toUpperCase()}`

/** A variable of the environment; one that is set to nothing is not set. */
const variable = (name: string): string | undefined => {
  const value = process.env[name]
  return value === undefined || value === "" ? undefined : value
}

/** The URL of the database with its password; undefined: what Sluice uses anyway (DATABASE_URL, PG*, its own server). */
export const url = Effect.fn("nba.databaseUrl")(function*(
  file: string | undefined
): Effect.fn.Return<Redacted.Redacted<string> | undefined, Cli.Refusal, Cli.Deployed> {
  const refuse = (message: string) => new Cli.Refusal({ message })
  const given: DatabaseFile = file === undefined
    ? {}
    : yield* JsonFile.read(file, "database configuration", DatabaseFile, { "": keys })
  // The rest of Sluice uses DATABASE_URL, and two commands must not mean two databases.
  if (file === undefined && (variable("DATABASE_URL") !== undefined || keys.every((key) => variable(variableOf(key)) === undefined))) {
    return undefined
  }
  const value = (key: Key): string | undefined => {
    const own = given[key]
    return own === undefined ? variable(variableOf(key)) : String(own)
  }
  /** Where a value came from. */
  const source = (key: Key) => given[key] === undefined ? `The variable ${variableOf(key)}` : `"${key}" of the database configuration ${file}`
  const [host, name, port = "5432", sslMode] = [value("host"), value("name"), value("port"), value("sslmode")]
  if (host === undefined || name === undefined) {
    const lacks = host === undefined ? "host" as const : "name" as const
    return yield* refuse(file === undefined
      ? `${variableOf(lacks)} is not set, though other DB_ variables are: set DB_HOST and DB_NAME, or none of them.`
      : `The database configuration ${file} lacks the key "${lacks}", and ${variableOf(lacks)} is not set.`)
  }
  if (!/^\d+$/.test(port.trim()) || Number(port) < 1 || Number(port) > 65535) {
    return yield* refuse(`${source("port")} should be a port from 1 to 65535.`)
  }
  const password = value("password")
  const whole = DatabaseUrl.format({
    host,
    port: Number(port),
    database: name,
    username: value("user") ?? DatabaseUrl.systemUser(),
    password: password === undefined ? undefined : Redacted.make(password),
    sslMode
  })
  yield* DatabaseUrl.parse(whole, file === undefined ? "The database of DB_HOST" : `The database configuration ${file}`).pipe(
    Effect.mapError(({ message }) => refuse(message))
  )
  return whole
})
