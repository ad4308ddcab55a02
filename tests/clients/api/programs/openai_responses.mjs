// OpenAI's own client for JavaScript: Responses.
import OpenAI from "openai";
import { zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";
import { MODEL, SCRIPTED, TOKEN, URL, check, ok, same } from "./checks.mjs";

const client = new OpenAI({ baseURL: URL, apiKey: TOKEN, maxRetries: 0 });
const weather = {
  type: "function", name: "get_weather", description: "Tells the weather of a city.", strict: true,
  parameters: {
    type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false,
  },
};

await check("create", async () => {
  const response = await client.responses.create({ model: MODEL, input: "Hello" });
  same(response.output_text, "You said: Hello");
  same(response.status, "completed");
});

await check("stream helper", async () => {
  const stream = client.responses.stream({ model: MODEL, input: "unicode please" });
  let text = "";
  stream.on("response.output_text.delta", (event) => { text += event.delta; });
  const response = await stream.finalResponse();
  ok(text.length > 0);
  same(response.output_text, text);
});

if (SCRIPTED) {
  await check("tool loop", async () => {
    const asked = { model: MODEL, tools: [weather] };
    const input = 'preamble call get_weather {"city": "Oslo"}';
    const first = await client.responses.stream({ ...asked, input }).finalResponse();
    const call = first.output.at(-1);
    same(JSON.parse(call.arguments), { city: "Oslo" });
    const result = { type: "function_call_output", call_id: call.call_id, output: "rain" };
    const second = await client.responses.create({ ...asked, input: [result], previous_response_id: first.id });
    same(second.output_text, "The tools say: rain");
  });

  await check("parse", async () => {
    const City = z.object({ name: z.string(), people: z.number() });
    const response = await client.responses.parse({
      model: MODEL, input: 'json {"name": "Oslo", "people": 7}', text: { format: zodTextFormat(City, "city") },
    });
    same(response.output_parsed, { name: "Oslo", people: 7 });
  });

  await check("an answer that fails", async () => {
    const stream = client.responses.stream({ model: MODEL, input: "dies" });
    const kinds = [];
    try {
      for await (const event of stream) kinds.push(event.type);
    } catch { /* as the helper does */ }
    same(kinds.at(-1), "response.failed");
  });
}
