/**
 * A server that notes when requests arrive: `server.ts [latency in ms] [jitter in ms]`. It says its port; a line on its
 * standard input makes it print the arrivals, in milliseconds, and begin anew.
 */
import { createServer } from "node:net"

const [latency = 0, jitter = 0] = process.argv.slice(2).map(Number)
const answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
const end = "\r\n\r\n"

let arrivals: Array<number> = []

const server = createServer({ noDelay: true }, (socket) => {
  let head = ""
  socket.on("error", () => {})
  socket.on("data", (chunk) => {
    head += chunk.toString("latin1")
    for (let at = head.indexOf(end); at >= 0; at = head.indexOf(end)) {
      head = head.slice(at + end.length)
      arrivals.push(performance.timeOrigin + performance.now())
      const wait = latency + Math.random() * jitter
      if (wait > 0) setTimeout(() => socket.write(answer), wait)
      else socket.write(answer)
    }
  })
})

server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  console.log(typeof address === "object" && address !== null ? address.port : address)
})

process.stdin.on("data", () => {
  console.log(JSON.stringify(arrivals))
  arrivals = []
})
