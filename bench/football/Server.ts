/** The simulator in a process of its own: says its URL first; for each line of standard input it gives the traffic so far. */
import { Effect } from "effect"
import { createInterface } from "node:readline"
import * as Simulator from "../../simulators/football/Simulator.ts"

const [latency = "300", oddsRows = "12", matches = "49"] = process.argv.slice(2)

await Effect.runPromise(Effect.scoped(Effect.gen(function*() {
  const { traffic, url } = yield* Simulator.make({ latency: Number(latency), oddsRows: Number(oddsRows), matches: Number(matches) })
  console.log(JSON.stringify({ url }))
  yield* Effect.promise(async () => {
    for await (const line of createInterface({ input: process.stdin })) {
      const began = Math.min(...traffic.seen.map((seen) => seen.began))
      const ended = Math.max(...traffic.seen.map((seen) => seen.ended ?? 0))
      console.log(JSON.stringify({
        counts: traffic.counts(),
        mostInFlight: traffic.mostInFlight(),
        seconds: (ended - began) / 1000,
        ...(line === "all" ? { seen: traffic.seen.map((seen) => [seen.kind, Math.round(seen.began - began), Math.round((seen.ended ?? 0) - began)]) } : {})
      }))
      traffic.reset()
    }
  })
})))
