/** Who may import whom, as ARCHITECTURE.md draws it; and no cycles anywhere. */
import { assert, describe, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const folders = ["api", "assets", "bench", "bin", "cli", "engine", "io", "pipelines", "resources", "simulators", "storage"]

/** What each folder may import beside itself, a folder or a part of one; "sluice" is the public entry. */
const allowed: Readonly<Record<string, ReadonlyArray<string>>> = {
  engine: [],
  io: ["engine/definition", "engine/sensor", "resources/objects"],
  resources: ["engine/definition", "engine/limit", "engine/hook", "engine/Span.ts", "engine/Suggestion.ts"],
  storage: ["engine/record", "engine/definition", "engine/limit", "engine/partition"],
  simulators: ["resources"],
  assets: ["sluice", "resources"],
  pipelines: ["sluice", "assets", "resources"],
  cli: ["engine", "storage", "resources", "io"],
  bin: ["cli"],
  "index.ts": ["engine", "io", "cli", "resources"],
  "testing.ts": ["io", "storage"],
  "main.ts": ["sluice", "pipelines", "resources", "simulators"]
}

const filesBelow = (folder: string): ReadonlyArray<string> => {
  try {
    return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.[jt]s$/.test(name))
      .map((name) => join(folder, name))
  } catch {
    return []
  }
}
const files = [...folders.flatMap(filesBelow), "index.ts", "testing.ts", "main.ts"]

const importPattern = /^\s*(?:import|export)\b[^"'\n]*?from\s+"([^"]+)"|\bimport\("([^"]+)"\)|^import\s+"([^"]+)"|^\} from "([^"]+)"/gm

const importsOf = (file: string, dynamic: boolean): ReadonlyArray<string> =>
  Array.from(readFileSync(join(root, file), "utf8").matchAll(importPattern))
    .flatMap((match) => match[1] ?? match[4] ?? (dynamic ? match[2] : undefined) ?? match[3] ?? [])
    .flatMap((target) =>
      target.startsWith(".")
        ? [relative(root, resolve(root, dirname(file), target))]
        : target === "sluice" || target.startsWith("sluice/") ? [target] : []
    )

const areaOf = (file: string): string => file.startsWith("sluice") ? "sluice" : file.split("/")[0]!

const may = (area: string, target: string): boolean =>
  (allowed[area] ?? []).some((other) => other === areaOf(target) || other === target || target.startsWith(`${other}/`))

describe("layers", () => {
  it("no folder imports one that it may not", () => {
    const wrong = files.filter((file) => areaOf(file) !== "bench").flatMap((file) =>
      importsOf(file, true)
        .filter((target) => areaOf(target) !== areaOf(file) && !may(areaOf(file), target))
        .map((target) => `${file} imports ${target}`)
    )
    assert.deepStrictEqual(wrong, [])
  })

  it("data flows one way through the engine: definitions → graph → plan → run", () => {
    const below: Readonly<Record<string, ReadonlyArray<string>>> = {
      partition: [],
      limit: ["partition"],
      schedule: ["partition"],
      definition: ["partition", "limit", "schedule"],
      graph: ["definition", "partition"],
      record: ["definition", "partition"],
      plan: ["definition", "partition", "graph", "record"],
      run: ["definition", "partition", "graph", "record", "plan"],
      sensor: ["schedule", "record"],
      hook: ["schedule", "graph", "record"],
      backfill: ["definition", "partition", "graph", "record", "plan", "run"],
      automation: ["definition", "partition", "graph", "record", "plan"],
      daemon: ["definition", "partition", "schedule", "sensor", "graph", "record", "plan", "run", "backfill", "automation", "hook"]
    }
    // They know no part, and are for all of them.
    const single = ["Machine.ts", "Span.ts", "Suggestion.ts"]
    const wrong = Object.entries(below).flatMap(([folder, may]) =>
      filesBelow(join("engine", folder)).flatMap((file) =>
        importsOf(file, true).map((target) => target.split("/")).filter(([, other]) =>
          other !== folder && !may.includes(other!) && !single.includes(other!)
        ).map((target) => `${file} imports ${target.join("/")}`)
      )
    )
    assert.deepStrictEqual(wrong, [])
  })

  it("nobody imports main.ts", () => {
    assert.deepStrictEqual(files.filter((file) => importsOf(file, true).includes("main.ts")), [])
  })

  it("no imports run in a circle", () => {
    // Types are erased: only imports that run can run in a circle.
    const running = (file: string) =>
      Array.from(readFileSync(join(root, file), "utf8").matchAll(
        /^(import|export)\s+(type\s)?([^"';]*?)\s*from\s+"(\.[^"]+)"/gm
      )).filter(([, , type, names]) =>
        type === undefined && !/^\{\s*(type\s+\w+(\s+as\s+\w+)?\s*,?\s*)+\}$/.test(names ?? "")
      ).map((match) => relative(root, resolve(root, dirname(file), match[4]!)))
    const done = new Set<string>()
    const circles: Array<string> = []
    const visit = (file: string, path: ReadonlyArray<string>) => {
      if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(" → "))
      else if (!done.has(file) && files.includes(file)) {
        for (const target of running(file)) visit(target, [...path, file])
        done.add(file)
      }
    }
    for (const file of files) visit(file, [])
    assert.deepStrictEqual(circles, [])
  })

  it("the engine knows no HTTP, no SQL, no CLI and no UI", () => {
    const foreign = filesBelow("engine").flatMap((file) =>
      Array.from(readFileSync(join(root, file), "utf8").matchAll(/^(?:import|export|\}).* from "([^."][^"]*)"/gm), (match) => match[1]!)
        .filter((name) => name !== "effect" && name !== "croner" && !name.startsWith("node:"))
        .map((name) => `${file} imports ${name}`)
    )
    assert.deepStrictEqual(foreign, [])
  })

  it("no name says nothing, and no file is too long to read", () => {
    const bad = files.filter((file) => /(^|\/)(utils?|helpers?|common|misc)(\/|\.ts$)/.test(file))
    const long = files.filter((file) => readFileSync(join(root, file), "utf8").split("\n").length > 401)
    assert.deepStrictEqual([bad, long], [[], []])
  })
})
