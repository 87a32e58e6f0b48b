"""Reads a JSON list of node sets, prints for each what ClusterShell makes of it: the folded text and the names, or the error."""
import json
import sys

from ClusterShell.NodeSet import NodeSet

answers = []
for text in json.load(sys.stdin):
    try:
        nodes = NodeSet(text)
        answers.append({"fold": str(nodes), "names": list(nodes)})
    except Exception as error:
        answers.append({"error": str(error)})
json.dump(answers, sys.stdout)
