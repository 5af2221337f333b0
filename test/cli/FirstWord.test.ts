/** What is read of the command line before it is parsed. */
import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import * as FirstWord from "../../cli/FirstWord.ts"

const of = (line: string) => {
  const { project, word } = FirstWord.of(line === "" ? [] : line.split(" "))
  return [word, Option.getOrUndefined(project)]
}

describe("FirstWord", () => {
  it("is the first that is neither an option nor the value of a global one", () => {
    assert.deepStrictEqual(of(""), [undefined, undefined])
    assert.deepStrictEqual(of("--help"), [undefined, undefined])
    assert.deepStrictEqual(of("nhl ingest 1"), ["nhl", undefined])
    assert.deepStrictEqual(of("--log-level debug list"), ["list", undefined])
    assert.deepStrictEqual(of("--log-level=debug list"), ["list", undefined])
    assert.deepStrictEqual(of("--completions zsh"), [undefined, undefined])
  })

  it("the project is found wherever it is named", () => {
    assert.deepStrictEqual(of("--project a nhl"), ["nhl", "a"])
    assert.deepStrictEqual(of("-p a nhl"), ["nhl", "a"])
    assert.deepStrictEqual(of("--project=a=b nhl"), ["nhl", "a=b"])
    assert.deepStrictEqual(of("nhl ingest 1 --project a"), ["nhl", "a"])
    assert.deepStrictEqual(of("nhl -- --project a"), ["nhl", undefined])
    assert.deepStrictEqual(of("--project"), [undefined, undefined])
  })
})
