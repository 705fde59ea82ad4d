// Reads a JSON string per line and prints for each how long it is: [on X, on Bluesky, on Mastodon].
//
// X: its own library twitter-text. Bluesky: grapheme clusters, as the segmenter of this Node.js finds them. Mastodon: the
// same after each link with a protocol was replaced by 23 characters (its StatusLengthValidator, which finds links with the
// rules of twitter-text).
const twitter = require('twitter-text')

const LINK = 'x'.repeat(23)
const segmenter = new Intl.Segmenter('nb', { granularity: 'grapheme' })
const graphemes = (text) => [...segmenter.segment(text)].length

const withoutLinks = (text) => {
  let [out, from] = ['', 0]
  for (const { indices } of twitter.extractUrlsWithIndices(text, { extractUrlsWithoutProtocol: false })) {
    out += text.slice(from, indices[0]) + LINK
    from = indices[1]
  }
  return out + text.slice(from)
}

require('node:readline')
  .createInterface({ input: process.stdin, crlfDelay: Infinity })
  .on('line', (line) => {
    const text = JSON.parse(line)
    const counts = [twitter.parseTweet(text).weightedLength, graphemes(text), graphemes(withoutLinks(text))]
    console.log(JSON.stringify(counts))
  })
