/**
 * README.md and docs/ are run: their TypeScript is type-checked, their commands are executed, what they print and what
 * they link to is compared with the truth.
 *
 * A comment in the line before a fence says what is special about it:
 *   <!-- continues -->     ts: goes on with the file of the ts fence before
 *   <!-- exits 1 -->       sh: its last command ends with this exit code
 *   <!-- not run: why -->  sh, sql: is not executed
 *   <!-- prints -->        text: what the last command before printed; lines left out are shown as …
 * A ts fence that begins with a comment such as `// assets/shop.ts` is that file of the document's project.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import * as CliConfig from "effect/cli/CliConfig"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import type { HelpDoc } from "effect/cli/HelpDoc"
import { SqlClient } from "effect/sql"
import { execFile, spawn } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import * as Grammar from "../cli/Grammar.ts"
import * as Platform from "../cli/Platform.ts"
import { bulkCommand } from "../pipelines/bulk/BulkCommand.ts"
import { nbaCommand } from "../pipelines/nba/NbaCommand.ts"
import { footballCommand } from "../pipelines/football/FootballCommand.ts"
import { nhlCommand } from "../pipelines/nhl/NhlCommand.ts"
import { Database } from "../resources/database/Database.ts"
import { root } from "./cli/fixture.ts"
import * as Host from "./cli/host/Host.ts"
import { type Doc, type Fence, fencesOf, prose } from "./fences.ts"
import * as TestDatabase from "./TestDatabase.ts"

const docs: ReadonlyArray<Doc> = [
  "README.md",
  ...fs.readdirSync(path.join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md")).map((name) => path.join("docs", name)).sort()
].map((name) => {
  const text = fs.readFileSync(path.join(root, name), "utf8")
  return { name, text, fences: fencesOf(text) }
})

/** Inside the repository, so that "sluice" means this one; hidden, so that no other test looks into it. */
const prefix = ".docs-"
const sweep = (): void => {
  for (const name of fs.readdirSync(path.join(root, "test")).filter((name) => name.startsWith(prefix))) {
    try {
      process.kill(Number(name.slice(prefix.length)), 0)
    } catch {
      fs.rmSync(path.join(root, "test", name), { recursive: true, force: true })
    }
  }
}

/** A folder for this test, gone at its end. */
const workFolder = (purpose: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      sweep()
      const folder = path.join(root, "test", `${prefix}${process.pid}`, purpose)
      fs.mkdirSync(folder, { recursive: true })
      return folder
    }),
    (folder) =>
      Effect.sync(() => {
        fs.rmSync(folder, { recursive: true, force: true })
        // The last purpose to end takes the folder above along.
        if (fs.readdirSync(path.dirname(folder)).length === 0) fs.rmdirSync(path.dirname(folder))
      })
  )

/** What a reader's clone has, by links; a document's own files come beside. */
const makeProject = (folder: string): void => {
  fs.mkdirSync(path.join(folder, "assets"), { recursive: true })
  for (const name of ["assets/nhl", "assets/football", "engine", "pipelines", "resources", "simulators"]) {
    fs.symlinkSync(path.join(root, name), path.join(folder, name), "dir")
  }
  fs.copyFileSync(path.join(root, "main.ts"), path.join(folder, "main.ts"))
}

interface Written {
  readonly file: string
  readonly text: string
}

/** The file of each ts fence, in order; a fence that continues gives the whole file again. */
const filesOf = (doc: Doc): ReadonlyArray<Written & { readonly fence: Fence }> => {
  const written: Array<Written & { readonly fence: Fence }> = []
  for (const fence of doc.fences.filter(({ language }) => language === "ts")) {
    const before = written.at(-1)
    if (fence.note === "continues" && before !== undefined) {
      written.push({ fence, file: before.file, text: `${before.text}\n${fence.text}` })
      continue
    }
    const named = /^\/\/ (\S+\.ts)\n/.exec(fence.text)?.[1]
    written.push({ fence, file: named ?? `fence${fence.line}.ts`, text: fence.text })
  }
  return written
}

const write = (folder: string, { file, text }: Written): void => {
  fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
  fs.writeFileSync(path.join(folder, file), text)
}

/** Times, moments, data versions and counts that grow by the day; blanks; the order of what runs at once. */
const comparable = (text: string): ReadonlyArray<string> =>
  text.split("\n").map((line) =>
    line
      .replace(/\b\d[\d,.]* ?(ms|s|min|h|d)\b( \d+ (s|min|h)\b)*( ago)?|\bjust now\b/g, "T")
      .replace(/\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d([.,]\d+)?(Z|[+-]\d+)?|\b\d\d:\d\d:\d\d(\.\d+)?\b/g, "T")
      .replace(/\b(version|newest) \d+/gi, "$1 V").replace(/^(\s*version\s+)\d+$/, "$1V")
      .replace(/\b\d{1,3}(,\d{3})+\b/g, "N").replace(/\b20(2[6-9]|[3-9]\d)-\d\d-\d\d\b/g, "D")
      .replace(/\bby [\w.-]+:\d+/g, "by H").replace(/\s+/g, " ").trim()
  ).filter((line) => line !== "").toSorted()

const shell = (line: string, cwd: string, env: NodeJS.ProcessEnv): Effect.Effect<Host.Ended> =>
  Effect.callback<Host.Ended>((resume) => {
    const child = spawn("sh", ["-c", line], { cwd, env, stdio: ["ignore", "pipe", "pipe"] })
    const text = { stdout: "", stderr: "" }
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => void (text.stdout += chunk))
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => void (text.stderr += chunk))
    child.on("close", (code) => resume(Effect.succeed({ code, ...text })))
    return Effect.sync(() => void child.kill("SIGKILL"))
  })

/** `npx sluice` and `npm start` as a clone has them, without npm's own start of half a second. */
const makeCommands = (folder: string): void => {
  fs.mkdirSync(folder)
  const command = (name: string, script: string, words: number) =>
    fs.writeFileSync(
      path.join(folder, name),
      `#!/bin/sh\nshift ${words}\nexec '${process.execPath}' '${path.join(root, "bin", script)}' "$@"\n`,
      { mode: 0o755 }
    )
  command("npx", "sluice.js", 1)
  command("npm", "start.js", 1)
}

/** The words of a line that is one command and nothing else, with the settings before it. */
const wordsOf = (line: string): { readonly env: NodeJS.ProcessEnv; readonly args: ReadonlyArray<string> } | undefined => {
  const [, settings = "", words = ""] = /^((?:[A-Z_]+=[^\s"'$]+ )*)npx sluice((?: +(?:"[^"$`]*"|[^\s"'`$|<>;&*?#(){}]+))*)(?: +# .*)?$/.exec(line) ?? []
  if (words === "") return undefined
  const env = Object.fromEntries(settings.split(" ").filter((text) => text !== "").map((text) => {
    const equals = text.indexOf("=")
    return [text.slice(0, equals), text.slice(equals + 1)]
  }))
  return { env, args: Array.from(words.matchAll(/"([^"]*)"|\S+/g), ([word, quoted]) => quoted ?? word) }
}

/** The commands of README.md as a reader's shell starts them; of the others, those that need a shell. */
const perform = (doc: Doc, line: string, folder: string, env: NodeJS.ProcessEnv): Effect.Effect<Host.Ended> => {
  const words = doc.name === "README.md" ? undefined : wordsOf(line)
  return words === undefined
    ? shell(line, folder, env)
    : Effect.promise(() => Host.run({ folder, args: words.args, env: { ...env, ...words.env } }))
}

const isCommand = (line: string): boolean => /^([A-Z_]+=\S+ )*npx sluice( |$)|\| npx sluice |^npm start$/.test(line)

const shielded = [
  "NO_COLOR", "FORCE_COLOR", "SLUICE_PROJECT", "SLUICE_DEBUG", "PGHOST", "PGDATABASE", "VITEST", "NODE_OPTIONS",
  "NHL_SOURCE", "NHL_SHAPE", "NHL_FULL_NAMES",
  "FOOTBALL_SOURCE", "FOOTBALL_MODE", "FOOTBALL_CONNECTIONS", "THESPORTS_USER", "THESPORTS_SECRET", "NBA_SOURCE", "NBA_SEASON", "DB_HOST", "DB_NAME",
  "S3_BUCKET", "S3_KEY", "BULK_INPUT", "API_ENDPOINT", "API_KEY", "BATCH_SIZE", "MAX_WORKERS", "RATE_LIMIT_CALLS", "RATE_LIMIT_PERIOD"
]

/** Executes a document from top to bottom; gives what was not as it says. */
const execute = (doc: Doc, base: string) =>
  Effect.gen(function*() {
    const folder = path.join(base, doc.name.replaceAll("/", "-"))
    makeProject(folder)
    const server = yield* Database
    const sql = yield* SqlClient.SqlClient
    const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !shielded.includes(name)))
    const env = {
      ...inherited,
      DATABASE_URL: Redacted.value(server.url),
      PATH: `${path.join(base, "commands")}${path.delimiter}${process.env["PATH"] ?? ""}`
    }
    const files = filesOf(doc)
    const wrong: Array<string> = []
    let printed = ""
    for (const fence of doc.fences) {
      const place = `${doc.name}:${fence.line}`
      if (fence.note.startsWith("not run:")) continue
      if (fence.language === "ts") write(folder, files.find((file) => file.fence === fence)!)
      else if (fence.language === "sh") {
        const lines = fence.text.split("\n").map((line) => line.replace(/^\$ /, "")).filter(isCommand)
        for (const [i, line] of lines.entries()) {
          const wanted = i === lines.length - 1 ? Number(/^exits (\d+)/.exec(fence.note)?.[1] ?? "0") : 0
          const { code, stderr, stdout } = yield* perform(doc, line, folder, env)
          printed = wanted === 2 ? stderr : stdout
          // What follows in the document builds on it.
          if (code !== wanted) return [...wrong, `${place}: \`${line}\` ended with ${code}:\n${stdout}${stderr}`]
        }
      } else if (fence.language === "text" && fence.note === "prints") {
        const shown = comparable(fence.text)
        // A line every few seconds: how many there are depends on the machine.
        const real = comparable(printed).filter((line) => shown.includes(line) || !/^(run|backfill) \d+ · /.test(line))
        const lacks = shown.filter((line) => line !== "…" && !real.includes(line))
        const isWhole = !shown.includes("…")
        if (lacks.length > 0 || (isWhole && shown.length !== real.length)) {
          wrong.push(`${place}: this is printed now, which lacks ${JSON.stringify(lacks)}:\n${printed}`)
        }
      } else if (fence.language === "sql") {
        for (const statement of fence.text.split(/;\s*$/m).filter((text) => text.trim() !== "")) {
          const exit = yield* Effect.result(sql.unsafe(statement))
          if (exit._tag === "Failure") wrong.push(`${place}: ${String(exit.failure.reason.cause)}\n${statement}`)
          else if (exit.success.length === 0) wrong.push(`${place}: no row answers\n${statement}`)
        }
      }
    }
    return wrong
  }).pipe(Effect.provide(TestDatabase.layer))

type Asked = (args: ReadonlyArray<string>) => Effect.Effect<unknown, unknown, Command.Environment>

const sluice: Asked = Command.runWith(Grammar.make("0"), { version: "0" })

// Help never runs a command, so what its work needs is not needed here.
const own = [
  Command.runWith(nhlCommand, { version: "0" }) as Asked,
  Command.runWith(nbaCommand, { version: "0" }) as Asked,
  Command.runWith(footballCommand, { version: "0" }) as Asked,
  Command.runWith(bulkCommand, { version: "0" }) as Asked
]

/** The options of every command, by its words: `run show` → `--json`. */
const optionsOf = (
  ask: Asked,
  words: ReadonlyArray<string> = []
): Effect.Effect<ReadonlyMap<string, ReadonlySet<string>>, unknown> =>
  Effect.gen(function*() {
    let help: HelpDoc | undefined
    const catcher = CliOutput.layerPresenter({
      present: (event) =>
        Effect.sync(() => {
          if (event._tag === "Help") help = event.helpDoc
        })
    })
    const layer = Layer.mergeAll(Platform.layer, catcher, CliConfig.layer({ builtIns: Grammar.builtIns }))
    yield* Effect.exit(Effect.provide(ask([...words, "--help"]), layer))
    if (help === undefined) return yield* Effect.fail(`There is no help of ${words.join(" ")}.`)
    const flags = words.length === 0 ? [...help.flags, ...help.globalFlags ?? []] : help.flags
    const found = new Map([[words.join(" "), new Set(flags.map((flag) => `--${flag.name}`))]])
    for (const { name } of (help.subcommands ?? []).flatMap((group) => group.commands)) {
      for (const [command, options] of yield* optionsOf(ask, [...words, name])) found.set(command, new Set(options))
    }
    return found
  })

const slug = (heading: string): string =>
  heading.trim().toLowerCase().replace(/`|\*/g, "").replace(/[^\p{L}\p{N}\- _]/gu, "").replaceAll(" ", "-")

const headings = (text: string): ReadonlyArray<string> =>
  Array.from(text.matchAll(/^#+ (.*)$/gm), (match) => slug(match[1]!))

describe("the documents", () => {
  it.live("every piece of TypeScript type-checks as the repository does", () =>
    Effect.gen(function*() {
      const base = yield* workFolder("types")
      const all: Array<string> = []
      for (const doc of docs) {
        // A file that is written a second time begins another edition of the document's project.
        let edition = 0
        let now = new Map<string, string>()
        for (const { fence, file, text } of filesOf(doc)) {
          if (now.has(file) && fence.note !== "continues") edition++
          now = new Map(now).set(file, text)
          const folder = path.join(base, `${doc.name.replaceAll("/", "-")}-${edition}`)
          if (!fs.existsSync(folder)) makeProject(folder)
          for (const [name, content] of now) {
            write(folder, { file: name, text: content })
            all.push(path.join(folder, name))
          }
        }
      }
      const config = { extends: "../../../tsconfig.json", files: [...new Set(all)], include: [] }
      fs.writeFileSync(path.join(base, "tsconfig.json"), JSON.stringify(config))
      const said = yield* Effect.callback<string>((resume) => {
        const args = ["node_modules/typescript/bin/tsc", "--noEmit", "--singleThreaded", "--pretty", "false", "-p", base]
        execFile(process.execPath, args, { cwd: root }, (_, stdout, stderr) => resume(Effect.succeed(stdout + stderr)))
      })
      // What is wrong elsewhere is told by types.test.ts.
      const own = said.split(/\n(?=\S)/).filter((error) => error.includes(prefix) || error.startsWith("error"))
      assert.deepStrictEqual(own, [])
      assert.isAbove(all.length, 20)
    }))

  it.live("every command ends as it says and prints what is shown, and every query has an answer", () =>
    Effect.gen(function*() {
      const base = yield* workFolder("commands")
      makeCommands(path.join(base, "commands"))
      const wrong = yield* Effect.forEach(docs, (doc) => execute(doc, base), { concurrency: 4 })
      assert.deepStrictEqual(wrong.flat().join("\n\n"), "")
      // A hundred processes: a busy machine takes its time.
    }), 180_000)

  it("links lead somewhere", () => {
    const broken = docs.flatMap((doc) =>
      Array.from(prose(doc).matchAll(/\]\(([^)\s]+)\)/g), (match) => match[1]!).flatMap((link) => {
        if (/^https?:/.test(link)) return []
        const [file = "", anchor] = link.split("#")
        const target = file === "" ? path.join(root, doc.name) : path.resolve(root, path.dirname(doc.name), file)
        if (!fs.existsSync(target)) return [`${doc.name}: ${link}`]
        const isThere = anchor === undefined || headings(fs.readFileSync(target, "utf8")).includes(anchor)
        return isThere ? [] : [`${doc.name}: ${link}, which has no such heading`]
      })
    )
    assert.deepStrictEqual(broken, [])
  })

  it("paths and environment variables that are named exist", () => {
    const folders = ["bin", "cli", "resources", "simulators", "pipelines", "engine", "io", "storage"]
    const sources = folders.flatMap((folder) =>
      fs.readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
        .filter((name) => /\.[jt]s$/.test(name))
        .map((name) => fs.readFileSync(path.join(root, folder, name), "utf8"))
    ).join("\n")
    const absent = docs.flatMap((doc) => {
      const files = filesOf(doc).map(({ file }) => file)
      return Array.from(prose(doc).matchAll(/`([^`\n]+)`/g), (match) => match[1]!).filter((word) => {
        if (/^(NHL|NBA|FOOTBALL|THESPORTS|SLUICE|PG|DATABASE)[A-Z_]*$/.test(word)) return !sources.includes(word)
        if (!/^[\w.-]+(\/[\w.-]+)*(\/|\.(ts|js|md|sql|json))$/.test(word) || word.startsWith(".sluice")) return false
        return !files.includes(word) && !fs.existsSync(path.join(root, word))
      }).map((word) => `${doc.name}: ${word}`)
    })
    assert.deepStrictEqual(absent, [])
  })

  it.effect("docs/cli.md has every command with exactly its options", () =>
    Effect.gen(function*() {
      const text = docs.find(({ name }) => name === path.join("docs", "cli.md"))?.text ?? ""
      const sections = new Map(
        text.split(/^### /m).slice(1).map((section) => {
          const [title = "", ...lines] = section.split("\n")
          const rows = lines.filter((line) => line.startsWith("|")).map((line) => line.split("|")[1] ?? "")
          const options = rows.flatMap((cell) => Array.from(cell.matchAll(/`(--[a-z-]+)/g), (match) => match[1]!))
          const command = title.replaceAll("`", "").replace(/^sluice ?/, "").replace(/ [<[].*$/, "")
          return [command, options.toSorted()] as const
        })
      )
      const general = yield* optionsOf(sluice)
      for (const [command, options] of general) {
        // A command that only has subcommands is told by them.
        if (options.size === 0 && !sections.has(command)) {
          assert.isTrue([...sections.keys()].some((other) => other.startsWith(`${command} `)), command)
          continue
        }
        assert.deepStrictEqual(sections.get(command), [...options].toSorted(), `sluice ${command}`)
      }
      const found = yield* Effect.forEach(own, (ask) => optionsOf(ask))
      const known = new Set([general, ...found].flatMap((one) => [...one.values()]).flatMap((options) => [...options]))
      const unknown = docs.flatMap((doc) =>
        Array.from(prose(doc).matchAll(/`(?=-|npx sluice )[^`\n]*?(--[a-z][a-z-]*)/g), (match) => match[1]!)
          .filter((option) => !known.has(option)).map((option) => `${doc.name}: ${option}`)
      )
      assert.deepStrictEqual(unknown, [])
    }))

  it("the figures of docs/pipelines/nhl.md are what their calculations give", () => {
    const text = docs.find(({ name }) => name.endsWith("nhl.md"))?.text ?? ""
    const rows = Array.from(text.matchAll(/^\|[^|]+\| `([\d ,.×÷+()]+)` \| ([~$]*)([\d,.]+)([^|]*)\|/gm))
    for (const [, calculation = "", , result = ""] of rows) {
      const expression = calculation.replaceAll(",", "").replaceAll("×", "*").replaceAll("÷", "/")
      const value: unknown = new Function(`return ${expression}`)()
      const digits = (result.split(".")[1] ?? "").length
      assert.strictEqual(Number(value).toFixed(digits), result.replaceAll(",", ""), calculation)
    }
    assert.isAbove(rows.length, 15)
  })
})
