/** `sluice bulk generate`: files of invented records, of which an exact number is bad. */
import { Console, Effect } from "effect"
import { Cli } from "sluice"
import * as Place from "./Place.ts"
import * as Sample from "./Sample.ts"
import * as SampleInput from "./SampleInput.ts"

export const generate = Effect.fn("bulk.generate")(function*(input: SampleInput.Wanted & { readonly out: string }) {
  const folder = (yield* Place.of(input.out)).replace(/\/+$/, "")
  const files = yield* Cli.withResources(SampleInput.write(folder, input))
  const bad = Sample.badOf(input.records, input.errorRate)
  const where = files.length === 1 ? files[0] : `${files.length} files, ${files[0]} to ${files.at(-1)}`
  yield* Console.log(`${input.records.toLocaleString("en")} records, ${bad.toLocaleString("en")} of them bad, in ${where}.`)
})
