/** Secrets are taken out of texts in every form they may have. */
import { assert, describe, it } from "@effect/vitest"
import { Redacted } from "effect"
import * as Secrets from "../../../resources/api/Secrets.ts"

describe("Secrets", () => {
  it("as they are, in URLs, in JSON, as base64; the longest first", () => {
    const secrets = Secrets.make()
    const secret = "p ä\"/+s"
    secrets.add("p")
    secrets.add(secret)
    secrets.add("")
    const encoded = encodeURIComponent(secret)
    const forms = [secret, encoded, encoded.toLowerCase(), encoded.replace("%20", "+"), JSON.stringify(secret).slice(1, -1), btoa("p")]
    for (const form of forms) assert.strictEqual(secrets.redact(`a=${form}&b`), "a=<redacted>&b", form)
    assert.strictEqual(Secrets.make().redact("plain"), "plain")
  })

  it("of calls with secrets of their own the last ones are remembered, and those of the API always", () => {
    const secrets = Secrets.make()
    const always = Secrets.reveal(secrets, Redacted.make("of-the-api"))
    secrets.keep()
    for (let i = 0; i < 500; i++) secrets.add(`of-call-${i}-`)
    assert.strictEqual(secrets.redact(`${always} of-call-499- of-call-1-`), "<redacted> <redacted> of-call-1-")
  })
})
