/** A mail server for tests: takes mails as it is told, and remembers them. It speaks as much of SMTP as a client needs. */
import { Effect, type Scope } from "effect"
import { type AddressInfo, createServer, type Socket } from "node:net"

export interface SmtpServer {
  readonly port: number
  /** What was taken, as it came. */
  readonly mails: ReadonlyArray<string>
  /** Each line that a client sent, but for the mails. */
  readonly lines: ReadonlyArray<string>
}

/** The answer to a line; undefined: what is usual, null: none at all. */
export type Answering = (line: string) => string | null | undefined

const usual = (line: string): string => {
  if (line === "") return "220 test"
  const [verb = ""] = line.toUpperCase().split(" ")
  if (verb === "EHLO") return "250-test\r\n250 AUTH PLAIN"
  if (verb === "AUTH") return "235 welcome"
  if (verb === "DATA") return "354 go on"
  return verb === "QUIT" ? "221 bye" : "250 ok"
}

export const make = (answering: Answering = () => undefined): Effect.Effect<SmtpServer, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(() =>
        new Promise<SmtpServer & { readonly close: () => void }>((resolve) => {
          const mails: Array<string> = []
          const lines: Array<string> = []
          const sockets = new Set<Socket>()
          const server = createServer((socket) => {
            sockets.add(socket)
            socket.on("error", () => {})
            const answer = (line: string) => {
              const said = answering(line)
              if (said !== null) socket.write(`${said ?? usual(line)}\r\n`)
            }
            let text = ""
            let inMail = false
            socket.setEncoding("utf8").on("data", (chunk: string) => {
              text += chunk
              for (;;) {
                const end = text.indexOf(inMail ? "\r\n.\r\n" : "\r\n")
                if (end < 0) return
                const part = text.slice(0, end)
                text = text.slice(end + (inMail ? 5 : 2))
                if (inMail) mails.push(part)
                else lines.push(part)
                answer(inMail ? "." : part)
                inMail = !inMail && part === "DATA"
              }
            })
            answer("")
          })
          server.listen(0, "127.0.0.1", () => {
            const close = () => {
              server.close()
              for (const socket of sockets) socket.destroy()
            }
            resolve({ port: (server.address() as AddressInfo).port, mails, lines, close })
          })
        })
      ),
      ({ close }) => Effect.sync(close)
    ),
    (server) => server
  )
