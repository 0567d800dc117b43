"""Foreign clients against the fake arXiv: if they see a correct server, the fake is honest.

Run by `tests/clients/run.sh`, which makes the virtual environment and builds the server.
"""

import json
import subprocess
import sys

import arxiv
import feedparser
import requests
from sickle import Sickle
from sickle import oaiexceptions


def check(what, condition, seen=None):
    if not condition:
        sys.exit(f"FAILED: {what}: {seen!r}")
    print(f"ok: {what}")


def oai(url, papers):
    client = Sickle(url + "/oai")
    identity = client.Identify()
    check("Identify names arXiv", identity.repositoryName == "arXiv", identity.repositoryName)
    check("granularity is a day", identity.granularity == "YYYY-MM-DD")
    check("four formats", len(list(client.ListMetadataFormats())) == 4)
    sets = {one.setSpec for one in client.ListSets()}
    check("sets are told", {"cs", "cs:cs:CL", "stat:stat:ML"} <= sets, sorted(sets)[:5])

    expected = {paper["id"] for paper in papers}
    for prefix in ["arXivRaw", "arXiv", "oai_dc"]:
        records = list(client.ListRecords(metadataPrefix=prefix))
        ids = [record.header.identifier.removeprefix("oai:arXiv.org:") for record in records]
        check(f"ListRecords {prefix}: each record once, over pages", sorted(ids) == sorted(expected), len(ids))
    headers = [h.identifier.removeprefix("oai:arXiv.org:") for h in client.ListIdentifiers(metadataPrefix="arXivRaw")]
    check("ListIdentifiers: the same", sorted(headers) == sorted(expected), len(headers))

    by_id = {paper["id"]: paper for paper in papers}
    for record in client.ListRecords(metadataPrefix="arXivRaw", set="cs:cs:LG"):
        paper = by_id[record.metadata["id"][0]]
        if not any(c in ("cs.LG",) for c in paper["categories"]):
            sys.exit(f"FAILED: {paper} is not of the set")
        if len(record.metadata["version"]) != paper["versions"]:
            sys.exit(f"FAILED: {paper} has other versions than {record.metadata}")
    check("a set has its own records with all their versions", True)

    day = [p for p in papers if p["modified"].startswith("2026-11-18")]
    found = list(client.ListRecords(metadataPrefix="arXivRaw", **{"from": "2026-11-18", "until": "2026-11-18"}))
    check("from and until", len(found) == len(day) > 0, (len(found), len(day)))
    one = client.GetRecord(metadataPrefix="arXivRaw", identifier="oai:arXiv.org:" + papers[0]["id"])
    check("GetRecord", one.metadata["title"][0] == papers[0]["title"], one.metadata["title"])

    for error, arguments in [
        (oaiexceptions.CannotDisseminateFormat, {"metadataPrefix": "mods"}),
        (oaiexceptions.NoRecordsMatch, {"metadataPrefix": "arXivRaw", "until": "2006-01-01"}),
        (oaiexceptions.BadArgument, {"metadataPrefix": "arXivRaw", "set": "nothing"}),
        (oaiexceptions.BadResumptionToken, {"resumptionToken": "abc"}),
    ]:
        try:
            client.ListRecords(**arguments)
            sys.exit(f"FAILED: {error.__name__} was expected")
        except error:
            check(f"{error.__name__} is told", True)
    old = Sickle(url + "/oai2").Identify()
    check("the old address redirects", old.repositoryName == "arXiv")
    post = requests.post(url + "/oai", data={"verb": "Identify"}, timeout=10)
    check("POST is GET", "<repositoryName>arXiv" in post.text)


def api(url, papers):
    client = arxiv.Client(page_size=25, delay_seconds=0, num_retries=0)
    client.query_url_format = url + "/api/query?{}"
    wanted = papers[:60]
    found = list(client.results(arxiv.Search(id_list=[paper["id"] for paper in wanted])))
    check("the API tells of a list of ids over pages", len(found) == 60, len(found))
    for result, paper in zip(found, wanted):
        if result.get_short_id() != f"{paper['id']}v{paper['versions']}":
            sys.exit(f"FAILED: {result.get_short_id()} is not {paper}")
        if result.primary_category != paper["categories"][0] or result.title != paper["title"]:
            sys.exit(f"FAILED: {result.title} {result.primary_category} is not {paper}")
    check("with versions, titles and primary categories", True)
    first = list(client.results(arxiv.Search(id_list=[papers[0]["id"] + "v1"])))
    check("a version can be asked for", first[0].entry_id.endswith("v1"), first[0].entry_id)
    check("unknown ids are left out", list(client.results(arxiv.Search(id_list=["0000.00000"]))) == [])
    try:
        list(client.results(arxiv.Search(id_list=["abc"])))
        sys.exit("FAILED: an error was expected")
    except arxiv.HTTPError as error:
        check("a malformed id is an error", error.status == 400)


def feeds(url):
    counts = []
    for form in ["rss", "atom"]:
        feed = feedparser.parse(f"{url}/{form}/cs.LG+stat.ML")
        check(f"{form} is well-formed", not feed.bozo and len(feed.entries) > 5, feed.get("bozo_exception"))
        kinds = {entry.arxiv_announce_type for entry in feed.entries}
        check(f"{form} names kinds", kinds <= {"new", "cross", "replace", "replace-cross"} and "new" in kinds, kinds)
        counts.append(sorted(entry.id for entry in feed.entries))
        again = feedparser.parse(f"{url}/{form}/cs.LG+stat.ML", etag=feed.etag)
        check(f"{form} is not sent again unchanged", again.status == 304, again.status)
    check("RSS and Atom tell the same", counts[0] == counts[1])


def main():
    for arguments in [[], ["--no-last-token"]]:
        server = subprocess.Popen([sys.argv[1], *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            told = json.loads(server.stdout.readline())
            oai(told["url"], told["papers"])
            api(told["url"], told["papers"])
            feeds(told["url"])
        finally:
            server.stdin.close()
            server.wait(timeout=10)
    print("all clients see a correct server")


main()
