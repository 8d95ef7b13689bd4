// Recipes: the one in force, another, and its cut-off with what it would have done.

import { fixed, known, percent } from "./format.js";
import { order } from "./link.js";
import { ask } from "./orders.js";
import { put, recipeName } from "./panels.js";
import { m, said, t } from "./words.js";

const at = (id) => document.getElementById(id);
const EVERY_MS = 5000;
let may = [], inForce = {}, outcomes = null;

export function allow(verbs) {
  may = verbs;
  load();
}

export function status({ recipe, sorts }) {
  put("recipe-words", !sorts ? t("This line sorts nothing.") : said(recipe.words) || (recipeName(recipe) === "–" ? t("The recipe of the line's file.") : ""));
  at("cut-off-form").hidden = !may.includes("cut_off") || !known(recipe.cut_off);
  if (recipeName(recipe) + recipe.cut_off === recipeName(inForce) + inForce.cut_off) return;
  inForce = recipe;
  if (known(recipe.cut_off)) at("cut-off").value = recipe.cut_off;
  load();
}

/** Fetch what each cut-off would have done, and the recipes that there are. */
async function load() {
  const told = await Promise.all(["/cut-offs.json", "/recipes.json"].map((path) => fetch(path).catch(() => null)));
  const [cuts, recipes] = await Promise.all(told.map((answer) => (answer?.ok ? answer.json() : null)));
  outcomes = cuts;
  offer(recipes?.recipes ?? []);
  moved();
}

function offer(recipes) {
  const select = at("recipes"), chosen = select.value;
  const usable = recipes.filter((one) => !one.refused && recipeName(one) !== recipeName(inForce)).reverse();
  select.replaceChildren(...usable.map((one) => new Option(recipeName(one), JSON.stringify({ name: one.name, version: one.version }))));
  if ([...select.options].some((option) => option.value === chosen)) select.value = chosen;
  at("recipe-form").hidden = !usable.length || !may.includes("select_recipe");
}

const cutOff = () => Number(at("cut-off").value);

function moved() {
  const cut = cutOff();
  put("cut-off-value", percent(cut, 0));
  at("apply").disabled = Math.abs(cut - (inForce.cut_off ?? cut)) < 0.005;
  put("what-if", wouldHave(cut));
}

/** What a cut-off would have done to the last stones. */
function wouldHave(cut) {
  const number = outcomes?.least.findIndex((least) => Math.abs(least - cut) < 0.026) ?? -1;
  const told = outcomes?.outcomes[number];
  if (!told?.stones) return t("No stone has been seen yet.");
  return t("Of the last {n} stones: grade {grade}, recovery {recovery}, {mass} ejected", {
    n: fixed(told.stones), grade: percent(told.grade), recovery: percent(told.recovery), mass: percent(told.share, 0),
  });
}

at("cut-off").addEventListener("input", moved);
at("cut-off-form").addEventListener("submit", (event) => {
  event.preventDefault();
  ask(m("Change the cut-off?"), [at("what-if").textContent], t("Apply"), () => order("cut_off", { least: cutOff() }));
});
at("recipe-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const chosen = JSON.parse(at("recipes").value);
  ask(m("Switch the recipe?"), [recipeName(chosen), m("It decides every stone from the next one on.")], t("Switch"), () => order("select_recipe", chosen));
});
setInterval(() => document.hidden || load(), EVERY_MS);
