import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { chmod, readFile, writeFile } from "node:fs/promises"
import * as path from "node:path"
import { Database } from "../../../resources/database/Database.ts"
import * as Shell from "../../../resources/database/Shell.ts"
import * as SqlPrompt from "../../../resources/database/SqlPrompt.ts"
import * as TestDatabase from "../../TestDatabase.ts"
import * as Fixture from "./Fixture.ts"

/** Feeds the built-in prompt with these pieces and answers what it wrote and its exit code. */
const typed = (...input: ReadonlyArray<string>) => typedBy({ interactive: false }, ...input)

const typedBy = ({ interactive }: { readonly interactive: boolean }, ...input: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    let output = ""
    const pieces = (async function*() {
      for (const piece of input) yield Buffer.from(piece)
    })()
    const terminal = { input: pieces, write: (text: string) => output += text, interactive }
    const code = yield* Shell.run({ psql: false, terminal })
    return { code, output }
  })

describe("Shell", () => {
  it.live("prints aligned tables, and what a statement without rows did", () =>
    Effect.gen(function*() {
      const { code, output } = yield* typed(
        "create table city (name text, people int8, area numeric);\ninsert into ci",
        "ty values ('Saint-Denis; Réunion', 153000, 142.79), ('X', null, 1);\nselect * from city order by name;\n",
        "select name from city where false;"
      )
      assert.strictEqual(code, 0)
      assert.deepStrictEqual(output.split("\n"), [
        "CREATE",
        "INSERT 2",
        " name                 | people | area",
        "----------------------+--------+--------",
        " Saint-Denis; Réunion | 153000 | 142.79",
        " X                    |        | 1",
        "(2 rows)",
        " name",
        "------",
        "(0 rows)",
        ""
      ])
    }).pipe(Effect.provide(TestDatabase.layer)))

  it.live("stays in one session, and ends at an error or \\q; a person goes on after an error", () =>
    Effect.gen(function*() {
      const undone = "begin; create table t (n int); rollback; select * from t; select 2 as m;\n"
      const piped = yield* typed(undone, "select 1 as n")
      assert.strictEqual(piped.code, 1)
      assert.include(piped.output, "ERROR: relation \"t\" does not exist")
      assert.notMatch(piped.output, /\b[mn]\n/)
      const person = yield* typedBy({ interactive: true }, undone, "select 1 as n")
      assert.strictEqual(person.code, 0)
      assert.include(person.output, "ERROR: relation \"t\" does not exist")
      assert.include(person.output, " n\n---\n 1\n(1 row)")
      const quit = yield* typed("select 'before' as x;\n\\q\n", "select 'after';")
      assert.strictEqual(quit.code, 0)
      assert.include(quit.output, "before")
      assert.notInclude(quit.output, "after")
    }).pipe(Effect.provide(TestDatabase.layer)))

  it("cuts at semicolons that end a statement, and at no others", () => {
    const whole = ["select ';', E'\\';', \"a;b\";", "do $x$ begin; $$;$$ end $x$;", "/* ; */ select 1 -- ;\n;"]
    const { rest, statements } = SqlPrompt.split(`${whole.join("\n")}\n;; select 2`)
    assert.deepStrictEqual([statements, rest], [whole, " select 2"])
    for (const open of ["select 'a;", "select $$;", "select \";", "/* ;", "-- ;"]) {
      assert.deepStrictEqual(SqlPrompt.split(open), { statements: [], rest: open })
    }
  })

  it.live("gives psql the server in its environment, never the password in its arguments", () =>
    Effect.gen(function*() {
      const folder = yield* Fixture.folder
      const [fake, seen] = [path.join(folder, "psql"), path.join(folder, "seen")]
      const script = "#!/bin/sh\n{ echo \"args: $0 $*\"; env | grep ^PG; } > \"$(dirname \"$0\")/seen\"\nexit 3\n"
      yield* Effect.promise(() => writeFile(fake, script).then(() => chmod(fake, 0o755)))
      assert.strictEqual(yield* Shell.run({ psql: fake, args: ["-c", "select 1"] }), 3)
      const lines = (yield* Effect.promise(() => readFile(seen, "utf8"))).split("\n")
      const server = yield* Database
      const password = new URL(yield* TestDatabase.url).password
      assert.include(lines, `PGPASSWORD=${password}`)
      assert.include(lines, `PGDATABASE=${server.database}`)
      assert.include(lines, `PGPORT=${server.port}`)
      assert.notInclude(lines[0], password)
      assert.include(lines[0], "-v ON_ERROR_STOP=1 -c select 1")
    }).pipe(Effect.provide(TestDatabase.layer)))

  it.live("falls back to the built-in prompt where psql is not installed", () =>
    Effect.gen(function*() {
      let output = ""
      const input = (async function*() {
        yield "select 5 as five;"
      })()
      const terminal = { input, write: (text: string) => output += text, interactive: false }
      assert.strictEqual(yield* Shell.run({ psql: "/nowhere/psql", terminal }), 0)
      assert.include(output, "five")
    }).pipe(Effect.provide(TestDatabase.layer)))
})
