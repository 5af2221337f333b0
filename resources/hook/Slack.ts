/** Hooks to a channel of Slack, or of what takes the same messages, by an incoming webhook. */
import { Effect } from "effect"
import type { Channel, HookEvent } from "../../engine/hook/Hook.ts"
import type { LimitStore } from "../../engine/limit/LimitStore.ts"
import { post } from "./Post.ts"
import { reveal, type Secret } from "./Setting.ts"
import { shown } from "./Webhook.ts"

/** Posts to an incoming webhook, whose URL is a secret. One message a second, as Slack wants it. */
export const slack = (url: Secret): Channel<LimitStore> => ({
  kind: "slack",
  to: shown(url),
  spacingMillis: 1000,
  send: (event) =>
    Effect.flatMap(reveal(url, "The URL of the Slack webhook"), (text) =>
      post({ url: text, body: payload(event), idempotencyKey: event.id, timeout: "10 seconds" }))
})

/** Slack takes 3000 characters. */
const mostOfBlock = 2900

/** The three characters that mean something to Slack: `<!channel>` in an error would call everybody. */
const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

/** Cut before it is escaped, so that no `&amp;` is cut in two. */
const escapedWithin = (text: string, most: number): string => {
  let cut = text
  while (escape(cut).length > most) cut = `${cut.slice(0, Math.floor(cut.length * 0.9))}…`
  return escape(cut)
}

export const payload = ({ text, title }: Pick<HookEvent, "text" | "title">) => {
  const [first = "", ...rest] = text.split("\n")
  const section = (written: string) => ({ type: "section", text: { type: "mrkdwn", text: written, verbatim: true } })
  return {
    text: escapedWithin(title, 300),
    unfurl_links: false,
    blocks: [section(`*${escapedWithin(first, 300)}*`), ...(rest.length === 0 ? [] : [section(escapedWithin(rest.join("\n"), mostOfBlock))])]
  }
}
