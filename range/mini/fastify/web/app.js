// SPDX-License-Identifier: Apache-2.0
const e=t=>document.getElementById(t);async function n(t){const r=await fetch("/settings");document.title=(await r.json()).title;e("app").textContent=t}async function a(t){return(await fetch("/dispatch/{parcels}",{headers:{"X-Api-Key":t}})).json()}n("Ready.");
//# sourceMappingURL=app.js.map
