// A personal data server of Bluesky (@atproto/pds) and the directory of identities that it needs, both on 127.0.0.1, on
// ports that are free. The argument is an empty folder for its data. Prints one line of JSON when it is ready, and ends
// when its standard input does.
const fs = require('node:fs')
const http = require('node:http')
const net = require('node:net')
const path = require('node:path')

const LOOPBACK = '127.0.0.1'
const SECRET = 'for-tests-only'

// Whatever listens does so on loopback: the server itself offers no such setting.
const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (...words) {
  const then = words.find((word) => typeof word === 'function')
  const port = typeof words[0] === 'object' ? words[0].port : words[0]
  return listen.call(this, { port, host: LOOPBACK }, then)
}

const freePort = () =>
  new Promise((resolve) => {
    const server = net.createServer().listen(0, () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })

// did:plc as web.plc.directory has it: an operation is kept, and read as data or as a document.
const documentOf = (did, operation) => ({
  '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/multikey/v1'],
  id: did,
  alsoKnownAs: operation.alsoKnownAs,
  verificationMethod: Object.entries(operation.verificationMethods).map(([name, key]) => ({
    id: `${did}#${name}`,
    type: 'Multikey',
    controller: did,
    publicKeyMultibase: key.replace('did:key:', ''),
  })),
  service: Object.entries(operation.services).map(([name, service]) => ({
    id: `#${name}`,
    type: service.type,
    serviceEndpoint: service.endpoint,
  })),
})

const answer = (response, status, value) => {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(value))
}

const startDirectory = async (port) => {
  const operations = new Map()
  const server = http.createServer((request, response) => {
    const [did, ...rest] = decodeURIComponent(request.url.slice(1)).split('/')
    const chunks = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      if (request.method === 'POST') {
        operations.set(did, JSON.parse(Buffer.concat(chunks)))
        return answer(response, 200, {})
      }
      const operation = operations.get(did)
      if (!operation) return answer(response, 404, { message: 'not registered' })
      if (rest.length === 0) return answer(response, 200, documentOf(did, operation))
      return answer(response, 200, rest[0] === 'data' ? { did, ...operation } : operation)
    })
  })
  await new Promise((resolve) => server.listen(port, resolve))
}

const startPds = async (folder, port, directory) => {
  const { PDS, envToCfg, envToSecrets } = require('@atproto/pds')
  const { Secp256k1Keypair } = require('@atproto/crypto')
  const rotation = await Secp256k1Keypair.create({ exportable: true })
  const nowhere = { url: 'https://nowhere.invalid', did: 'did:example:nowhere' }
  const environment = {
    devMode: true,
    port,
    hostname: 'localhost',
    dataDirectory: folder,
    blobstoreDiskLocation: path.join(folder, 'blobs'),
    didPlcUrl: directory,
    recoveryDidKey: (await Secp256k1Keypair.create()).did(),
    adminPassword: SECRET,
    jwtSecret: SECRET,
    serviceHandleDomains: ['.test'],
    plcRotationKeyK256PrivateKeyHex: Buffer.from(await rotation.export()).toString('hex'),
    inviteRequired: false,
    disableSsrfProtection: true,
    crawlers: [],
    rateLimitsEnabled: true,
    bskyAppViewUrl: nowhere.url,
    bskyAppViewDid: nowhere.did,
    modServiceUrl: nowhere.url,
    modServiceDid: nowhere.did,
  }
  const pds = await PDS.create(envToCfg(environment), envToSecrets(environment))
  await pds.start()
}

const main = async () => {
  const [port, directoryPort] = [await freePort(), await freePort()]
  fs.mkdirSync(process.argv[2], { recursive: true })
  await startDirectory(directoryPort)
  await startPds(process.argv[2], port, `http://${LOOPBACK}:${directoryPort}`)
  console.log(JSON.stringify({ url: `http://${LOOPBACK}:${port}`, secret: SECRET }))
  process.stdin.resume().on('end', () => process.exit(0))
}

main().catch((problem) => {
  console.error(problem)
  process.exit(1)
})
