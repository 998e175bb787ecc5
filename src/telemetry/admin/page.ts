import { hash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { sendCompressed } from '#src/http/content-encoding.ts'
import { Html, markup } from './html.ts'

const style = `
:root { color-scheme: light dark; font: 14px/1.4 system-ui, sans-serif; }
body { margin: 1rem; }
h1, h2 { font-size: 1.2rem; margin: 1rem 0 .4rem; }
nav a, form > * { margin-right: .8rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border: 1px solid #8884; padding: .2rem .5rem; text-align: left; vertical-align: top; }
td { overflow-wrap: anywhere; }
code { font-size: .9em; }
.up { color: #2a7f3f; } .down, .error { color: #c0392b; } .unknown { color: #888; }
.gone { text-decoration: line-through; opacity: .7; } .new { font-weight: bold; }
textarea { width: 100%; box-sizing: border-box; font-family: monospace; }
.number { text-align: right; }
`

const styleElement = new Html(`<style>${style}</style>`)

/** Nothing but the page's own style is loaded or run, and no other site may frame it. */
const policy = `default-src 'none'; style-src 'sha256-${hash('sha256', style, 'base64')}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`

/** Answers with a page of the admin server: it loads nothing and runs nothing. */
export async function sendPage(
  request: IncomingMessage,
  response: ServerResponse,
  title: string,
  content: Html,
): Promise<void> {
  const page = markup`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title} - Weir</title>${styleElement}</head>
<body>
<nav><a href="/targets">Targets</a><a href="/relabel-debug">Relabel debugger</a><a href="/status">Status</a></nav>
<h1>${title}</h1>
${content}
</body>
</html>
`
  response.setHeader('content-security-policy', policy)
  response.setHeader('referrer-policy', 'no-referrer')
  await sendCompressed(request, response, { contentType: 'text/html; charset=utf-8', body: page.text })
}

/** Labels as a selector writes them. */
export function labelsHtml(labels: Iterable<readonly [name: string, value: string]>): Html {
  const parts = Array.from(labels, ([name, value]) => `${name}=${JSON.stringify(value)}`)
  return markup`<code>{${parts.join(', ')}}</code>`
}
