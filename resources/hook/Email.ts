/** Hooks by e-mail, over SMTP. */
import { Duration, Effect, Redacted } from "effect"
import { isIPv4 } from "node:net"
import { type Channel, type HookEvent, NotDelivered } from "../../engine/hook/Hook.ts"
import { decoded, hiding, reveal, type Secret } from "./Setting.ts"

export interface EmailOptions {
  /**
   * `smtps://user:password@host` (TLS from the start, port 465), or `smtp://…` (port 587, TLS as soon as the server offers
   * it). A password is sent without TLS to this machine alone.
   */
  readonly smtp: string | Secret
  /** `Sluice <sluice@shop.example>` */
  readonly from: string
  readonly to: string | ReadonlyArray<string>
  /** Of each step of the talk with the server; all of it gets a minute. Default "10 seconds". */
  readonly timeout?: Duration.Input
}

/** A text mail; its Message-ID is made of the event's id, so that mail servers know a message that is sent again. */
export const email = ({ from, smtp, timeout = "10 seconds", to }: EmailOptions): Channel<never> => {
  const secret = typeof smtp === "string" ? Redacted.make(smtp) : smtp
  const stepMillis = Duration.toMillis(timeout)
  const recipients = typeof to === "string" ? [to] : [...to]
  return {
    kind: "email",
    to: recipients.join(", "),
    spacingMillis: 0,
    send: (event) => Effect.flatMap(reveal(secret, "The SMTP URL of the e-mails"), (url) => mail(url, { from, recipients, stepMillis, event }))
  }
}

interface Mail {
  readonly from: string
  readonly recipients: Array<string>
  readonly stepMillis: number
  readonly event: HookEvent
}

const endsWithin = "1 minute"

const mail = (text: string, { event, from, recipients, stepMillis }: Mail): Effect.Effect<void, NotDelivered> => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^smtps?:$/.test(url.protocol) || url.hostname === "") {
    return Effect.fail(new NotDelivered({ message: "The SMTP URL is not of the form smtp://user:password@host:587.", transient: false }))
  }
  const host = url.hostname.replace(/^\[|\]$/g, "")
  const [user, pass] = [decoded(url.username), decoded(url.password)]
  const secure = url.protocol === "smtps:"
  const place = `${url.hostname}:${url.port === "" ? (secure ? 465 : 587) : url.port}`
  // What a server answers may quote what it was sent; so may base64, in which a password travels.
  const hide = hiding(text, ...[pass, `\0${user}\0${pass}`].filter((part) => pass !== "" && part !== ""))
  return Effect.tryPromise({
    try: async (signal) => {
      // Only who sends mails loads it.
      const { createTransport } = await import("nodemailer")
      const transport = createTransport({
        host,
        secure,
        ...(url.port === "" ? {} : { port: Number(url.port) }),
        ...(user === "" ? {} : { auth: { user, pass } }),
        requireTLS: !secure && pass !== "" && !isHere(host),
        connectionTimeout: stepMillis,
        greetingTimeout: stepMillis,
        socketTimeout: stepMillis,
        dnsTimeout: stepMillis
      })
      signal.addEventListener("abort", () => transport.close())
      try {
        await transport.sendMail({
          from,
          to: recipients,
          subject: event.title,
          text: event.text,
          messageId: `<${event.id}@sluice.invalid>`,
          headers: { "auto-submitted": "auto-generated", "x-sluice-hook": event.hook, "x-sluice-event": event.id },
          disableFileAccess: true,
          disableUrlAccess: true
        })
      } finally {
        transport.close()
      }
    },
    catch: (error) => notDelivered(error, place, hide)
  }).pipe(Effect.timeoutOrElse({
    duration: endsWithin,
    orElse: () => Effect.fail(new NotDelivered({ message: `${place} did not take the e-mail within ${endsWithin}.`, transient: true }))
  }))
}

const isHere = (host: string): boolean => host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."))

const mostOfAnswer = 200

/** A server's 5xx is final, but for the password: that may be set right. */
const notDelivered = (error: unknown, place: string, hide: (text: string) => string): NotDelivered => {
  const property = (name: string): unknown => typeof error === "object" && error !== null ? Reflect.get(error, name) : undefined
  const [code, status, response] = [property("code"), property("responseCode"), property("response")]
  const said = typeof response === "string" && response !== "" ? response : error instanceof Error ? error.message : String(error)
  const transient = code === "EAUTH" || typeof status !== "number" || status < 500
  const what = code === "EAUTH"
    ? "refused the user or the password"
    : code === "ETLS"
    ? "has no TLS, without which the password is not sent"
    : "did not take the e-mail"
  return new NotDelivered({ message: `${place} ${what}: ${hide(said.replaceAll(/\s+/g, " ")).slice(0, mostOfAnswer)}`, transient })
}
