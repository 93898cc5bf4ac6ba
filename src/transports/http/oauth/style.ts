/** Of the pages for signing in; its hash is in their content security policy. */
export const STYLE = `
:root { --text: #1c2126; --soft: #5a6570; --line: #cfd6dc; --field: #fff; --card: #fff; --back: #eef1f4; --accent: #1257a6; --on-accent: #fff; --bad: #a3161c; --bad-back: #fdeced; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e8ecf0; --soft: #a5b0ba; --line: #414b54; --field: #171c21; --card: #20262c; --back: #12161a; --accent: #7db6f5; --on-accent: #0b1d30; --bad: #ffb4b4; --bad-back: #3d2023; }
}
* { box-sizing: border-box; }
body { margin: 0; padding: 1rem; background: var(--back); color: var(--text); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 27rem; margin: 6vh auto 2rem; padding: 1.75rem 1.75rem 2rem; background: var(--card); border: 1px solid var(--line); border-radius: .75rem; }
@media (max-width: 30rem) { body { padding: 0; background: var(--card); } main { margin: 0; border: 0; border-radius: 0; padding: 1.25rem; } }
.brand { margin: 0 0 1rem; color: var(--soft); font-size: .875rem; font-weight: 600; letter-spacing: .03em; }
h1 { margin: 0 0 .75rem; font-size: 1.375rem; line-height: 1.3; overflow-wrap: anywhere; }
p { margin: 0 0 1rem; overflow-wrap: anywhere; }
.soft { color: var(--soft); font-size: .9375rem; }
.problem { padding: .625rem .875rem; border-radius: .5rem; border: 1px solid currentColor; background: var(--bad-back); color: var(--bad); }
dl { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1rem; margin: 0 0 1.25rem; font-size: .9375rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; font-weight: 600; }
label.field { display: block; margin: 0 0 1rem; font-weight: 600; font-size: .9375rem; }
label.field input { display: block; width: 100%; margin-top: .25rem; padding: .625rem .75rem; font: inherit; font-weight: 400; color: inherit; background: var(--field); border: 1px solid var(--soft); border-radius: .5rem; }
fieldset { margin: 0 0 1.25rem; padding: 0; border: 0; }
legend { padding: 0; margin: 0 0 .5rem; font-weight: 600; }
label.choice { display: grid; grid-template-columns: auto 1fr; gap: 0 .625rem; align-items: start; padding: .4375rem 0; }
label.choice input { margin: .3rem 0 0; width: 1.0625rem; height: 1.0625rem; accent-color: var(--accent); }
label.choice small { grid-column: 2; color: var(--soft); font-size: .875rem; }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; align-items: center; margin: 1.5rem 0; }
main > :last-child { margin-bottom: 0; }
button, .button { flex: 1 1 8rem; padding: .6875rem 1rem; font: inherit; font-weight: 600; text-align: center; text-decoration: none; border-radius: .5rem; border: 1px solid var(--accent); cursor: pointer; background: var(--accent); color: var(--on-accent); }
button.plain, .button.plain { background: transparent; color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
`;
