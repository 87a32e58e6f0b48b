"""Reads a list of Kubernetes objects as JSON from stdin, and prints what the official client knows to be wrong with them, as a list."""
import json
import re
import sys

from kubernetes import client

SCALARS = {'str': str, 'int': int, 'bool': bool, 'float': (int, float)}


def problems(value, type_name, path):
    listed = re.fullmatch(r'list\[(.*)\]', type_name)
    mapped = re.fullmatch(r'dict\(str, (.*)\)', type_name)
    if listed or mapped:
        kind = list if listed else dict
        if not isinstance(value, kind):
            return [f'{path}: not a {kind.__name__}']
        entries = enumerate(value) if listed else value.items()
        return [each for key, inner in entries for each in problems(inner, (listed or mapped).group(1), f'{path}.{key}')]
    if type_name in SCALARS:
        is_bool = isinstance(value, bool) and type_name != 'bool'
        return [] if isinstance(value, SCALARS[type_name]) and not is_bool else [f'{path}: {value!r} is no {type_name}']
    model = getattr(client.models, type_name, None)
    if model is None:  # `object`: anything, and dates
        return []
    if not isinstance(value, dict):
        return [f'{path}: not a mapping']
    attributes = {key: name for name, key in model.attribute_map.items()}
    found = [f'{path}.{key}: unknown' for key in value if key not in attributes]
    known = {attributes[key]: inner for key, inner in value.items() if key in attributes}
    for name, inner in known.items():
        found += problems(inner, model.openapi_types[name], f'{path}.{model.attribute_map[name]}')
    try:
        model(**known)
    except ValueError as error:
        found.append(f'{path}: {error}')
    return found


found = []
for document in json.load(sys.stdin):
    name = f"{document['kind']} {document['metadata']['name']}"
    group, _, version = document['apiVersion'].rpartition('/')
    model = {'': 'Core', 'apps': 'Apps', 'batch': 'Batch'}[group] + version.capitalize() + 'Api'
    if not hasattr(getattr(client, model), 'create_namespaced_' + re.sub(r'(?<!^)(?=[A-Z])', '_', document['kind']).lower()):
        found.append(f"{name}: no {document['apiVersion']} has it")
    found += problems(document, version.capitalize() + document['kind'], name)
print(json.dumps(found))
