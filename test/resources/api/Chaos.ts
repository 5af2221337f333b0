/** A server that fails in every way there is, at a share of its requests and for a while altogether. */
import type { ServerResponse } from "node:http"
import * as LocalApi from "./LocalApi.ts"

/** What goes wrong, by the name of the error that it has to become. */
const faults: ReadonlyArray<readonly [error: string, answer: (response: ServerResponse, url: string) => void]> = [
  ["Limited", (response) => LocalApi.json(response, "slow down", 429, { "retry-after": "0.01" })],
  ["Status", (response, url) => LocalApi.json(response, `no luck with ${url}`, 500)],
  ["TimedOut", () => {}],
  ["Unreachable", (response) => void response.socket?.resetAndDestroy()],
  ["NotJson", (response) => {
    response.writeHead(200, { "content-length": "1000" })
    response.write("{\"value\":\"")
    setTimeout(() => response.destroy(), 2)
  }],
  ["NotJson", (response) => {
    response.writeHead(200)
    response.write("{\"value\":")
    setTimeout(() => response.destroy(), 2)
  }],
  ["NotJson", (response, url) => LocalApi.json(response, `<html><body>Bad gateway at ${url}</body></html>`)],
  ["NotJson", (response) => LocalApi.json(response, "")],
  ["Refused", (response) => LocalApi.json(response, { err: "busy", code: 9998 })]
]

/** The errors that all of it becomes. */
export const kinds = [...new Set(faults.map(([error]) => error))].sort()

/**
 * Every fifth request fails, in one way after the other; from `outage[0]` to `outage[1]` every one is reset.
 * `right` answers the others.
 */
export const answering = (
  outage: readonly [from: number, to: number],
  right: (asked: LocalApi.Asked, response: ServerResponse) => void
): LocalApi.Answering =>
(asked, response, count) => {
  if (count >= outage[0] && count < outage[1]) return response.socket?.resetAndDestroy()
  if (count % 5 !== 4) return right(asked, response)
  const [, fault] = faults[Math.floor(count / 5) % faults.length]!
  fault(response, asked.url)
}
