// Keeps the visitor's secret in a cookie, so that their runs are still theirs after the page is loaded anew.
export default function ({ data }) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  const kept = `${data.name}=${data.secret}`;
  if (!document.cookie.split("; ").includes(kept)) {
    document.cookie = `${kept}; Path=/; Max-Age=${data.days * 86400}; SameSite=Lax${secure}`;
  }
}
