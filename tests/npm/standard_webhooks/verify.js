// Reads a request per line, {"secret","public_key","headers","body"} with the body in base64, and prints for each what
// verifies it: {"v1": by npm's own library of Standard Webhooks, "v1a": by the Ed25519 of Node.js, which that lacks}.
const crypto = require('node:crypto')
const { Webhook } = require('standardwebhooks')

const isSharedSecretRight = ({ secret, headers, body }) => {
  try {
    new Webhook(secret).verify(Buffer.from(body, 'base64'), headers)
    return true
  } catch (problem) {
    return problem.message
  }
}

const ASN1_OF_A_PUBLIC_KEY = Buffer.from('302a300506032b6570032100', 'hex')

const isPublicKeyRight = ({ public_key, headers, body }) => {
  if (!public_key) return null
  const der = Buffer.concat([ASN1_OF_A_PUBLIC_KEY, Buffer.from(public_key.replace('whpk_', ''), 'base64')])
  const key = crypto.createPublicKey({ key: der, format: 'der', type: 'spki' })
  const content = Buffer.concat([
    Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.`),
    Buffer.from(body, 'base64'),
  ])
  return headers['webhook-signature']
    .split(' ')
    .filter((entry) => entry.startsWith('v1a,'))
    .some((entry) => crypto.verify(null, content, key, Buffer.from(entry.slice(4), 'base64')))
}

require('node:readline')
  .createInterface({ input: process.stdin, crlfDelay: Infinity })
  .on('line', (line) => {
    const request = JSON.parse(line)
    console.log(JSON.stringify({ v1: isSharedSecretRight(request), v1a: isPublicKeyRight(request) }))
  })
