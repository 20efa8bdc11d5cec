// Stands for an engine that is stuck: it takes the request and never answers.
process.once('message', () => setTimeout(() => undefined, 3_600_000));
