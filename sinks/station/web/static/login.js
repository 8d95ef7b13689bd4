// The login.

import { offerLanguages, said } from "./words.js";

const at = (id) => document.getElementById(id);
offerLanguages(at("language"));
at("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await fetch("/login", {
    method: "POST", headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name: at("name").value, password: at("password").value }),
  });
  if (answer.ok) location.assign("/");
  else at("refused").textContent = said((await answer.json()).words);
});
