/** What can go wrong between S3 and a client. */
import { Buffer } from "node:buffer"
import type { ServerResponse } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import type { Answer } from "./Call.ts"
import type { Code } from "./Refusal.ts"

export type Fault =
  /** The call is not done; this is the answer. */
  | { readonly _tag: "Error"; readonly code: Code }
  /** The call is not done, and this is the answer, with the status 200: S3 begins to answer before it knows how a long call ends. */
  | { readonly _tag: "LateError"; readonly code: Code }
  /** The call is not done, and the connection closed without an answer. */
  | { readonly _tag: "Refuse" }
  /** The call is done, and the connection closed without an answer. */
  | { readonly _tag: "Lose" }
  /** The body ends, and its connection, after so many bytes. */
  | { readonly _tag: "Cut"; readonly after: number }
  /** After so many bytes nothing more comes. */
  | { readonly _tag: "Stall"; readonly after: number }
  /** So many bytes at a time, with a pause after each. */
  | { readonly _tag: "Slow"; readonly bytes: number; readonly millis: number }
  /** A byte in the middle of the body is another one. */
  | { readonly _tag: "Damage" }

const damaged = (body: Uint8Array): Uint8Array => {
  const copy = Buffer.from(body)
  const middle = copy.length >> 1
  if (copy.length > 0) copy[middle] = copy[middle]! ^ 1
  return copy
}

/** Sends an answer, in the way of the fault. */
export const send = async (response: ServerResponse, answer: Answer, withBody: boolean, fault: Fault | undefined): Promise<void> => {
  response.writeHead(answer.status, { ...answer.headers, "content-length": answer.status === 304 ? 0 : answer.body.length })
  const body = withBody ? answer.body : new Uint8Array(0)
  switch (fault?._tag) {
    case "Cut":
    case "Stall":
      response.flushHeaders()
      await new Promise<void>((resolve) => response.write(body.subarray(0, fault.after), () => resolve()))
      if (fault._tag === "Cut") response.destroy()
      return
    case "Slow":
      for (let at = 0; at < body.length && !response.destroyed; at += fault.bytes) {
        response.write(body.subarray(at, at + fault.bytes))
        await sleep(fault.millis)
      }
      response.end()
      return
    default:
      response.end(fault?._tag === "Damage" ? damaged(body) : body)
  }
}
