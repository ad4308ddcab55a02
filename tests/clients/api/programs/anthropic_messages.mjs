// Anthropic's package for JavaScript.
import Anthropic from "@anthropic-ai/sdk";
import { betaZodTool } from "@anthropic-ai/sdk/helpers/beta/zod";
import { z } from "zod";
import { check, ok, same, MODEL, SCRIPTED, TOKEN, URL } from "./checks.mjs";

const baseURL = URL.replace(/\/v1$/, "");
const client = new Anthropic({ baseURL, authToken: TOKEN, apiKey: null, maxRetries: 0 });
const weather = {
  name: "get_weather",
  description: "Return the weather of a city.",
  input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
const call = 'call get_weather {"city": "Rome"}';
const asked = (content, more = {}) => ({
  model: MODEL, max_tokens: 2000, messages: [{ role: "user", content }], ...more,
});

await check("plain", async () => {
  const message = await client.messages.create(asked('say "Hello from here"'));
  same(message.content[0].text, "Hello from here");
  same(message.stop_reason, "end_turn");
  ok(message.usage.input_tokens > 0);
});

await check("stream", async () => {
  const stream = client.messages.stream(asked("long", { thinking: { type: "adaptive" } }));
  const seen = { text: 0, thinking: 0 };
  stream.on("text", () => seen.text++).on("thinking", () => seen.thinking++);
  const message = await stream.finalMessage();
  same(message.content.map((block) => block.type), ["thinking", "text"]);
  ok(seen.text > 0);
  if (SCRIPTED) ok(message.content[0].signature && seen.thinking > 0);
});

await check("streamed tool round trip", async () => {
  const body = asked(call, { tools: [weather] });
  if (!SCRIPTED) body.tool_choice = { type: "tool", name: "get_weather" };
  const first = await client.messages.stream(body).finalMessage();
  same(first.stop_reason, "tool_use");
  const use = first.content.at(-1);
  same(use.input, { city: "Rome" });
  const result = { type: "tool_result", tool_use_id: use.id, content: [{ type: "text", text: "Sunny" }] };
  delete body.tool_choice;
  body.messages.push({ role: "assistant", content: first.content }, { role: "user", content: [result] });
  const done = await client.messages.stream(body).finalMessage();
  same(done.content.at(-1).text, "The tools say: Sunny");
});

await check("tool runner", async () => {
  if (!SCRIPTED) return;
  const run = betaZodTool({
    name: "get_weather",
    description: "Return the weather of a city.",
    inputSchema: z.object({ city: z.string() }),
    run: async ({ city }) => `Sunny in ${city}`,
  });
  const done = await client.beta.messages.toolRunner(asked(call, { tools: [run] }));
  same(done.content.at(-1).text, "The tools say: Sunny in Rome");
});

await check("count is that of the answer", async () => {
  const { max_tokens, ...body } = asked("Hello", { system: "Be kind.", tools: [weather] });
  const { input_tokens } = await client.messages.countTokens(body);
  const { usage } = await client.messages.create({ ...body, max_tokens });
  ok(input_tokens === usage.input_tokens + usage.cache_read_input_tokens);
});

await check("gone client", async () => {
  if (!SCRIPTED) return;
  const stream = client.messages.stream(asked("endless"));
  stream.on("text", () => stream.abort());
  let ended = false;
  await stream.done().catch((error) => { ended = error instanceof Anthropic.APIUserAbortError; });
  ok(ended || stream.aborted);
  ok((await client.messages.create(asked("Hello"))).content.length > 0);
});

await check("errors have their types", async () => {
  const error = await client.messages.create(asked("Hi", { model: "claude-nope" })).catch((e) => e);
  ok(error instanceof Anthropic.NotFoundError, String(error));
  const image = { type: "image", source: { type: "url", url: "https://x.org/a.png" } };
  const refused = await client.messages.create(asked([image])).catch((e) => e);
  ok(refused instanceof Anthropic.BadRequestError, String(refused));
});
