// Reads Gantt charts with Mermaid itself, as it would draw them.
//
// Input: a chart a line, as a JSON string. Output: what it holds, a line of JSON each: a list of
// tasks [section, name, tags, start, end], or the error as a string.
import { createInterface } from "node:readline";
import mermaid from "mermaid";

for await (const line of createInterface({ input: process.stdin })) {
  const text = JSON.parse(line);
  let found;
  try {
    const { diagramType } = await mermaid.parse(text);
    const { db } = await mermaid.mermaidAPI.getDiagramFromText(text);
    found = db.getTasks().map((task) => [
      task.section,
      task.task.trim(),
      ["active", "done", "crit", "milestone", "vert"].filter((tag) => task[tag]).join(" "),
      task.startTime.getTime(),
      task.endTime.getTime(),
    ]);
    if (diagramType !== "gantt") found = `a ${diagramType}`;
  } catch (error) {
    found = String(error.message);
  }
  process.stdout.write(`${JSON.stringify(found)}\n`);
}
