// Keeps the visitor's secret in a cookie, so that their runs are still theirs after the page is loaded anew. Another tab
// may have kept one already: then that one counts.
export default function ({ data, setStateValue }) {
  const kept = document.cookie.split("; ").find((one) => one.startsWith(`${data.name}=`))?.split("=")[1];
  const own = /^[0-9a-f]{32}$/.test(kept ?? "") ? kept : data.secret;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${data.name}=${own}; Path=/; Max-Age=${data.days * 86400}; SameSite=Lax${secure}`;
  if (own !== data.secret) setStateValue("kept", own);
}
