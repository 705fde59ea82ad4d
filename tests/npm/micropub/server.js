// A site with a Micropub endpoint by micropub-express, and what that leaves to the site: a token endpoint, pages, and
// lists of its posts. Options, as words of the environment: SITE is its address as visitors know it, LISTS is "no" where
// it answers no q=source. It prints its port.
'use strict';
const express = require('express');
const micropub = require('micropub-express');

const site = process.env.SITE;
const lists = process.env.LISTS !== 'no';
const tokens = { 'a-token-that-may-create': 'create', 'a-token-that-may-read': 'read' };
const posts = [];
const app = express();

app.get('/token', (request, response) => {
  const scope = tokens[(request.headers.authorization || '').split(' ')[1]];
  response.type('application/x-www-form-urlencoded').send(scope ? new URLSearchParams({ me: site, scope }).toString() : '');
});
app.use('/micropub', micropub({
  tokenReference: () => ({ me: site, endpoint: `http://127.0.0.1:${listener.address().port}/token` }),
  handler: (data) => {
    const wanted = data.properties['mp-slug'][0];
    let slug = wanted;
    for (let number = 2; posts.some((post) => post.slug === slug); number++) slug = `${wanted}-${number}`;
    posts.push({ slug, type: data.type, properties: { ...data.properties, url: [`${site}/${slug}`], published: [new Date().toISOString()] } });
    return { url: `${site}/${slug}` };
  },
  queryHandler: (q, request) => {
    if (q !== 'source' || !lists) return undefined;
    const newest = posts.slice().reverse().map(({ type, properties }) => ({ type, properties }));
    return request.query.url ? newest.find((post) => post.properties.url[0] === request.query.url) : { items: newest.slice(0, request.query.limit) };
  }
}));
app.get('/posts.json', (request, response) => response.json(posts));
app.get('/', (request, response) => response.set('Link', '</micropub>; rel="micropub"').send('<h1>Testkommune</h1>'));
const listener = app.listen(0, '127.0.0.1', () => console.log(listener.address().port));
