"""The fake Elasticsearch: searches over the documents of a fake Kibana."""
