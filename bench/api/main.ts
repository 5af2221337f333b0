/** `npm run bench -- api`: calls through an API against bare undici, on one local server, round by round in turn. */
import * as Undici from "@effect/platform-node/Undici"
import { Effect, Schema } from "effect"
import { fork } from "node:child_process"
import * as path from "node:path"
import { Api, LimitStore } from "../../index.ts"
import * as MemoryLimitStore from "../../storage/MemoryLimitStore.ts"
import { median, print, printMachine } from "../report.ts"

const rounds = Number(process.env["BENCH_ROUNDS"] ?? "5")
const calls = 20_000
const connections = 32

const Body = Schema.Struct({ id: Schema.Finite, name: Schema.String })

/** In a process of its own: it shall not share the core of what is measured. */
const server = fork(path.join(import.meta.dirname, "Server.ts"))
const url = await new Promise<string>((resolve) => server.once("message", (message) => resolve(String(message))))

const perSecond = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now()
  await work()
  return calls / (performance.now() - began) * 1000
}

const agent = new Undici.Agent({ connections })
const bare = async () => {
  let left = calls
  const one = async () => {
    while (left-- > 0) {
      const { body } = await agent.request({ origin: url, path: "/item?id=1", method: "GET" })
      JSON.parse(await body.text())
    }
  }
  await Promise.all(Array.from({ length: connections }, one))
}

const figures = await Effect.runPromise(Effect.scoped(Effect.gen(function*() {
  const api = yield* Api.make({ name: "bench", baseUrl: url, connections, routes: { item: {} } })
  const typed = api.call({ route: "item", path: "/item", query: { id: 1 }, schema: Body })
  const plain = api.call({ route: "item", path: "/item", query: { id: 1 } })
  const through = (call: Effect.Effect<unknown, unknown>) => () =>
    Effect.runPromise(Effect.forEach(Array(calls).keys(), () => call, { concurrency: connections, discard: true }))
  const figures = { bare: [] as Array<number>, plain: [] as Array<number>, typed: [] as Array<number> }
  for (let round = 0; round <= rounds; round++) {
    const seen = yield* Effect.promise(async () => ({
      bare: await perSecond(bare),
      plain: await perSecond(through(plain)),
      typed: await perSecond(through(typed))
    }))
    // The first round warms up.
    if (round > 0) for (const name of ["bare", "plain", "typed"] as const) figures[name].push(seen[name])
  }
  return figures
})).pipe(Effect.provideServiceEffect(LimitStore, Effect.sync(MemoryLimitStore.make))))

const ratio = (of: ReadonlyArray<number>) => `${(median(of) / median(figures.bare)).toFixed(2)} × bare undici`
printMachine()
print({ name: `bare undici, ${connections} connections, JSON parsed`, rounds: figures.bare, unit: "calls/s" })
print({ name: "Api.call", rounds: figures.plain, unit: "calls/s", note: ratio(figures.plain) })
print({ name: "Api.call with a schema", rounds: figures.typed, unit: "calls/s", note: ratio(figures.typed) })
await agent.destroy()
server.kill()
