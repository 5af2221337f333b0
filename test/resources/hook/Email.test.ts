/** Hooks by e-mail, to a mail server of this machine. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { Hook } from "sluice"
import { event, told } from "./events.ts"
import * as SmtpServer from "./SmtpServer.ts"

const mailTo = (url: string) => Hook.email({ smtp: Redacted.make(url), from: "Sluice <sluice@shop.example>", to: ["ada@shop.example", "bo@shop.example"] })

describe("an e-mail", () => {
  it.live("is a text with the title as its subject, and an id made of the event's", () =>
    Effect.gen(function*() {
      const server = yield* SmtpServer.make()
      assert.strictEqual(yield* told(mailTo(`smtp://ada:s%40cret@127.0.0.1:${server.port}`), { ...event, title: `${event.title}\r\nBcc: eve@shop.example` }), "sent")
      const [mail = ""] = server.mails
      for (const header of [
        /^Subject: shop: run 12 failed ?Bcc: eve@shop\.example\r$/m, /^From: Sluice <sluice@shop\.example>\r$/m, /^To: ada@shop\.example, bo@shop\.example\r$/m,
        /^Message-ID: <night\.12\.7@sluice\.invalid>\r$/m, /^Auto-Submitted: auto-generated\r$/im
      ]) assert.match(mail, header)
      assert.match(mail, /shop\/orders@2026-03-07: <!channel> a & b > c/)
      assert.deepStrictEqual(server.lines.filter((line) => line.startsWith("RCPT")).map((line) => line.slice(8)), ["<ada@shop.example>", "<bo@shop.example>"])
      assert.include(server.lines, `AUTH PLAIN ${Buffer.from("\0ada\0s@cret").toString("base64")}`)
      assert.strictEqual(mailTo("smtp://x").to, "ada@shop.example, bo@shop.example")
    }).pipe(Effect.scoped))

  it.live("that is refused is tried again where that may help; the password is never told", () =>
    Effect.gen(function*() {
      const refusing = Effect.fnUntraced(function*(answering: SmtpServer.Answering) {
        const server = yield* SmtpServer.make(answering)
        const error = yield* told(mailTo(`smtp://ada:hunter2@127.0.0.1:${server.port}`))
        if (error === "sent") return error
        assert.notMatch(error.message, /hunter2|aHVudGVy/)
        return `${error.transient} ${error.message.replace(String(server.port), "PORT")}`
      })
      const when = (verb: string, answer: string | null) => refusing((line) => line.startsWith(verb) && line !== "" ? answer : undefined)
      assert.match(yield* when("AUTH", `535 no ${Buffer.from("\0ada\0hunter2").toString("base64")} hunter2`), /^true 127\.0\.0\.1:PORT refused the user or the password: .*535 no <redacted> <redacted>$/)
      assert.match(yield* when("RCPT", "550 no such user"), /^false 127\.0\.0\.1:PORT did not take the e-mail: .*550 no such user/)
      assert.match(yield* when("MAIL", "451 greylisted"), /^true .*451 greylisted/)
      assert.match(yield* refusing((line) => line === "." ? "554 spam" : undefined), /^false .*554 spam/)
      assert.match(yield* refusing((line) => line === "" ? "\u0000\u0001 what?" : undefined), /^true /)
    }).pipe(Effect.scoped))

  it.live("is not sent where nobody listens, or where a password would be sent without TLS", () =>
    Effect.gen(function*() {
      const server = yield* SmtpServer.make((line) => line === "STARTTLS" ? "502 no" : undefined)
      const nobody = yield* told(mailTo("smtp://127.0.0.1:1"))
      assert.deepInclude(nobody, { transient: true })
      assert.match(nobody === "sent" ? "" : nobody.message, /^127\.0\.0\.1:1 did not take the e-mail: .*ECONNREFUSED/)
      assert.deepInclude(yield* told(mailTo("http://ada:hunter2@x")), { transient: false, message: "The SMTP URL is not of the form smtp://user:password@host:587." })
      // A name of this machine that is not known as one.
      const plain = yield* told(mailTo(`smtp://ada:hunter2@0.0.0.0:${server.port}`))
      assert.match(plain === "sent" ? "" : plain.message, /^0\.0\.0\.0:\d+ has no TLS, without which the password is not sent: 502 no$/)
      assert.notMatch(server.lines.join("\n"), /AUTH/)
      const silent = yield* SmtpServer.make((line) => line.startsWith("RCPT") ? null : undefined)
      const hangs = yield* told(Hook.email({ smtp: `smtp://127.0.0.1:${silent.port}`, from: "a@b.example", to: "c@d.example", timeout: "200 millis" }))
      assert.deepInclude(hangs, { transient: true })
      assert.match(hangs === "sent" ? "" : hangs.message, /^127\.0\.0\.1:\d+ did not take the e-mail: .*Timeout/i)
    }).pipe(Effect.scoped))
})
