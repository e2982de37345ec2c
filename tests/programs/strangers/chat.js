const net = require("node:net");

const members = new Set();

net
  .createServer((member) => {
    members.add(member);
    member.on("data", (data) => {
      for (const other of members) {
        if (other.writableLength < 1_000_000) other.write(data);
      }
    });
    member.on("error", () => {});
    member.on("close", () => members.delete(member));
  })
  .listen(Number(process.argv[2]), "127.0.0.1");
